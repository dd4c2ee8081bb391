/* Compiled kernels: instructions.h once for each instruction set, the choice among them, and what is called from Python. */

#include "kernels.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define INLINE inline __attribute__((always_inline, unused))
#define NOINLINE __attribute__((noinline))
#define NEAR 96 /* rows of a panel that the nearest cache holds: 24 KiB of the widest registers */
#define DEEP 144 /* rows of a panel from which on it is read in such parts */
#define FAR 512 /* rows from which on the next part is fetched beforehand: fewer lie in the second cache */
#define LINE_OF_CACHE 16 /* floats */
#define UNROLL _Pragma("GCC unroll 8")
#define JOIN_(f, isa) f##_##isa
#define JOIN(f, isa) JOIN_(f, isa)

#if defined(__x86_64__) || defined(__i386__)
#define X86 1
#include <immintrin.h>
#endif

#define LANES 4
#define NAME(f) JOIN(f, baseline)
#ifdef __aarch64__
#define ISA "NEON"
#define ROWS 6
#else
#define ISA "baseline"
#define ROWS 2
#endif
#include "instructions.h"
#undef LANES
#undef ROWS
#undef NAME
#undef ISA

#ifdef X86
#ifdef __clang__
#define TARGET_AVX2 _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define TARGET_AVX512 \
    _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512dq,avx512vl,avx2,fma\"))), apply_to = function)")
#define TARGET_END _Pragma("clang attribute pop")
#else
#define TARGET_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#define TARGET_AVX512 _Pragma("GCC push_options") _Pragma("GCC target(\"avx512f,avx512dq,avx512vl,avx2,fma\")")
#define TARGET_END _Pragma("GCC pop_options")
#endif

TARGET_AVX2
#define LANES 8
#define ROWS 2
#define NAME(f) JOIN(f, avx2)
#define ISA "AVX2"
#define CLAMP(x, least, most) (V)_mm256_max_ps((__m256)(least), _mm256_min_ps((__m256)(most), (__m256)(x)))
#include "instructions.h"
#undef LANES
#undef ROWS
#undef NAME
#undef ISA
#undef CLAMP
TARGET_END

TARGET_AVX512
#define LANES 16
#define ROWS 6
#define NAME(f) JOIN(f, avx512)
#define ISA "AVX-512"
#define CLAMP(x, least, most) (V)_mm512_max_ps((__m512)(least), _mm512_min_ps((__m512)(most), (__m512)(x)))
#define ESTIMATE(x) (V) __builtin_ia32_rcp14ps512_mask((__v16sf)(x), (__v16sf){0}, (uint16_t)-1)
#include "instructions.h"
#undef LANES
#undef ROWS
#undef NAME
#undef ISA
#undef ESTIMATE
#undef CLAMP
TARGET_END
#endif

int64_t rnntui_interface(void) { return INTERFACE; }

static int bears(const Kernels *kernels) {
#ifdef X86
    __builtin_cpu_init();
    if (kernels == &kernels_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (kernels == &kernels_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return kernels == &kernels_baseline;
}

static const Kernels *const ALL[] = {
#ifdef X86
    &kernels_avx512, &kernels_avx2,
#endif
    &kernels_baseline,
};

/* The kernels of the instruction set of that name, or of the widest where it is empty; NULL where this processor does
   not have it. All that follows takes them. */
const Kernels *rnntui_kernels(const char *name) {
    for (size_t k = 0; k < sizeof ALL / sizeof *ALL; k++)
        if (bears(ALL[k]) && (!*name || !strcmp(name, ALL[k]->name))) return ALL[k];
    return NULL;
}

const char *rnntui_name(const Kernels *kernels) { return kernels->name; }
int64_t rnntui_lanes(const Kernels *kernels) { return kernels->lanes; }

void rnntui_tanh(const Kernels *kernels, const float *x, float *y, int64_t count) { kernels->tanh_of(x, y, count); }
void rnntui_sigmoid(const Kernels *kernels, const float *x, float *y, int64_t count) {
    kernels->sigmoid_of(x, y, count);
}
void rnntui_exp(const Kernels *kernels, const float *x, float *y, int64_t count) { kernels->exp_of(x, y, count); }

void rnntui_add_rows(const Kernels *kernels, const float *rows, int64_t count, int64_t stride, int64_t width,
                     const int64_t *index, float *sums) {
    kernels->add_rows(rows, count, stride, width, index, sums);
}

void rnntui_cross_entropy(const Kernels *kernels, float *logits, const int64_t *targets, int64_t rows, int64_t count,
                          double *loss, int64_t *right) {
    kernels->cross_entropy(logits, targets, rows, count, count, loss, right);
}

void rnntui_mask(const Kernels *kernels, const uint64_t *bits, int64_t count, int32_t least, float scale, float *mask) {
    kernels->mask(bits, count, least, scale, mask);
}

double rnntui_squares(const Kernels *kernels, const float *x, int64_t count) { return kernels->squares(x, count); }

void rnntui_rmsprop(const Kernels *kernels, const Update *update, float *theta, const float *gradient,
                    float *squares) {
    kernels->rmsprop(update, theta, gradient, squares);
}

void rnntui_adam(const Kernels *kernels, const Update *update, float *theta, const float *gradient, float *mean,
                 float *squares) {
    kernels->adam(update, theta, gradient, mean, squares);
}

/* --- panels -------------------------------------------------------------------------------------------------------- */

static int64_t group(int64_t tiles_left) { return tiles_left >= 4 ? 4 : tiles_left >= 2 ? 2 : 1; }

/* One panel, [k][register][lane]: register v holds the rows of w (·, depth) from v · step + unit + v · unit_step on. */
static void panel(const float *w, int64_t depth, int64_t n, int64_t lanes, int64_t step, int64_t unit,
                  int64_t unit_step, int64_t wide, float *out) {
    const int64_t stride = wide * lanes;
    for (int64_t v = 0; v < wide; v++)
        for (int64_t k0 = 0; k0 < depth; k0 += 16) {
            const int64_t k1 = k0 + 16 < depth ? k0 + 16 : depth;
            for (int64_t lane = 0; lane < lanes; lane++) {
                const int64_t u = unit + v * unit_step + lane;
                float *to = out + v * lanes + lane;
                if (u < n)
                    for (int64_t k = k0; k < k1; k++) to[k * stride] = w[(v * step + u) * depth + k];
                else
                    for (int64_t k = k0; k < k1; k++) to[k * stride] = 0.0f;
            }
        }
}

/* W (gates · n, depth) for the products of the way forward: a tile's gates side by side; of one gate, four tiles. */
void rnntui_pack(const Kernels *kernels, const float *w, int64_t depth, int64_t n, int64_t gates, int64_t units,
                 float *out) {
    const int64_t lanes = kernels->lanes, tiles = units / lanes;
    for (int64_t tile = 0, wide; tile < tiles; tile += gates > 1 ? 1 : wide) {
        wide = gates > 1 ? gates : group(tiles - tile);
        panel(w, depth, n, lanes, gates > 1 ? n : 0, tile * lanes, gates > 1 ? 0 : lanes, wide, out);
        out += depth * wide * lanes;
    }
}

void rnntui_readout(const Kernels *kernels, const Readout *readout, double *loss, int64_t *right) {
    rnntui_pack(kernels, readout->w, readout->n, readout->outputs, 1, readout->padded,
                readout->room + readout->rows * readout->padded);
    kernels->readout(readout, loss, right);
}

/* What index k and the bias add to the gates, [k][tile][gate][lane], from W (gates · n, d); without w, the bias alone. */
void rnntui_pack_entrance(const Kernels *kernels, const float *w, const float *bias, int64_t d, int64_t n,
                          int64_t gates, int64_t units, float *out) {
    const int64_t lanes = kernels->lanes, width = gates * units;
    for (int64_t tile = 0; tile < units / lanes; tile++)
        for (int64_t gate = 0; gate < gates; gate++)
            for (int64_t lane = 0; lane < lanes; lane++) {
                const int64_t u = tile * lanes + lane, row = gate * n + u;
                float *to = out + tile * gates * lanes + gate * lanes + lane;
                const float b = u < n ? bias[row] : 0.0f;
                if (!w) *to = b;
                else
                    for (int64_t k = 0; k < d; k++) to[k * width] = u < n ? w[row * d + k] + b : 0.0f;
            }
}

/* W (blocks · n, n) for the products of the way back, whose depth is that of the padded gates: block by block, or, with
   `tiled`, as an LSTM's gates lie, tile by tile and block by block within. */
void rnntui_pack_back(const Kernels *kernels, const float *w, int64_t n, int64_t blocks, int64_t units, int64_t tiled,
                      float *out) {
    const int64_t lanes = kernels->lanes, tiles = units / lanes, run = tiled ? lanes : units;
    for (int64_t tile = 0, wide; tile < tiles; tile += wide) {
        wide = group(tiles - tile);
        const int64_t width = wide * lanes, from = tile * lanes, have = n - from < width ? n - from : width;
        for (int64_t first = 0; first < units; first += run)
            for (int64_t block = 0; block < blocks; block++)
                for (int64_t k = first; k < first + run; k++, out += width) {
                    if (k >= n) memset(out, 0, sizeof(float) * (size_t)width);
                    else {
                        memcpy(out, w + (block * n + k) * n + from, sizeof(float) * (size_t)have);
                        memset(out + have, 0, sizeof(float) * (size_t)(width - have));
                    }
                }
    }
}

/* --- a layer over a sequence, its batch shared among threads ------------------------------------------------------- */

typedef void (*Pass)(const Layer *, int64_t, int64_t);
typedef void (*OpenPass)(const OpenUnits *, int64_t, int64_t);
/* A thread's share of a pass over a layer, or, where there is none, over the open units of one. */
typedef struct { Pass pass; const Layer *layer; OpenPass open_pass; const OpenUnits *open; int64_t from, to; } Share;

static void *work(void *given) {
    const Share *share = given;
    if (share->layer) share->pass(share->layer, share->from, share->to);
    else share->open_pass(share->open, share->from, share->to);
    return NULL;
}

#define MOST_THREADS 64

/* `count` sequences or units among threads, in whole multiples of `step`. */
static void share_out(Share whole, int64_t count, int64_t step, int64_t threads) {
    Share shares[MOST_THREADS];
    pthread_t started[MOST_THREADS];
    int is_started[MOST_THREADS] = {0};
    const int64_t parts = (count + step - 1) / step;
    if (threads > parts) threads = parts;
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    for (int64_t k = 0; k < threads; k++) {
        shares[k] = whole;
        shares[k].from = parts * k / threads * step;
        shares[k].to = k + 1 < threads ? parts * (k + 1) / threads * step : count;
    }
    for (int64_t k = 1; k < threads; k++) is_started[k] = !pthread_create(&started[k], NULL, work, &shares[k]);
    for (int64_t k = 0; k < threads; k++)
        if (!is_started[k]) work(&shares[k]);
    for (int64_t k = 1; k < threads; k++)
        if (is_started[k]) pthread_join(started[k], NULL);
}

static void run(Pass pass, const Layer *layer, int64_t threads) {
    share_out((Share){.pass = pass, .layer = layer}, layer->B, 1, threads);
}

static void run_open(OpenPass pass, const OpenUnits *open, int64_t count, int64_t step, int64_t threads) {
    share_out((Share){.open_pass = pass, .open = open}, count, step, threads);
}

enum { LSTM, GRU, RNN, NORMED_LSTM, NORMED_GRU, NORMED_RNN };

static Pass forward_of(const Kernels *k, int64_t cell) {
    const Pass passes[] = {k->lstm_forward,        k->gru_forward,        k->rnn_forward,
                           k->normed_lstm_forward, k->normed_gru_forward, k->normed_rnn_forward};
    return passes[cell];
}

static Pass backward_of(const Kernels *k, int64_t cell) {
    const Pass passes[] = {k->lstm_backward,        k->gru_backward,        k->rnn_backward,
                           k->normed_lstm_backward, k->normed_gru_backward, k->normed_rnn_backward};
    return passes[cell];
}

void rnntui_forward(const Kernels *k, int64_t cell, const Layer *layer, int64_t threads) {
    run(forward_of(k, cell), layer, threads);
}

void rnntui_backward(const Kernels *k, int64_t cell, const Layer *layer, int64_t threads) {
    run(backward_of(k, cell), layer, threads);
}

void rnntui_open_forward(const Kernels *k, const OpenUnits *open, int64_t threads) {
    run_open(k->open_forward, open, open->padded, k->lanes, threads);
}

/* Where δ of all pairs is kept, threads share the sequences, then the units; to the bit as one would. */
void rnntui_open_backward(const Kernels *k, const OpenUnits *open, int64_t threads) {
    if (!open->spread) {
        k->open_both(open);
        return;
    }
    run_open(k->open_back, open, open->padded, k->lanes, threads);
    run_open(k->open_gradients, open, open->n, 1, threads);
}

/* The logits (outputs) after one more index and the state after it, from the state before; `room` is for 11 · units of
   the widest layer. */
void rnntui_step(const Kernels *k, const Network *network, int64_t index, const float *before, float *after,
                 float *logits, float *room) {
    const Pass pass = forward_of(k, network->cell);
    const int has_c = network->cell == LSTM || network->cell == NORMED_LSTM;
    const float *x = NULL;
    for (int64_t at = 0; at < network->count; at++) {
        Layer layer = network->layers[at];
        const size_t size = sizeof(float) * (size_t)layer.units;
        layer.index = x ? NULL : &index;
        layer.x = x;
        layer.x_stride = layer.d;
        layer.h = room;
        layer.gates = room + 2 * layer.units;
        layer.normed = room + 6 * layer.units;
        layer.stats = room + 10 * layer.units;
        layer.c = after + layer.units;
        memcpy(layer.h, before, size);
        if (has_c) memcpy(layer.c, before + layer.units, size);
        pass(&layer, 0, 1);
        memcpy(after, layer.h + layer.units, size);
        x = after;
        const int64_t states = has_c ? 2 : 1;
        before += states * layer.units;
        after += states * layer.units;
    }
    const Layer *top = network->layers + network->count - 1;
    k->linear(network->panels, network->bias, x, top->n, network->outputs, logits);
}

/* The first index outside [0, bound), or count. */
int64_t rnntui_outside(const int64_t *index, int64_t count, int64_t bound) {
    for (int64_t k = 0; k < count; k++)
        if (index[k] < 0 || index[k] >= bound) return k;
    return count;
}

/* Nobody imports this library, but whoever imports all that lies in a package may: then it is an empty module. */
#if __has_include(<Python.h>)
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

static struct PyModuleDef empty = {PyModuleDef_HEAD_INIT, "_kernels", "Compiled kernels, called by pointers.", 0,
                                   NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModule_Create(&empty); }
#endif
