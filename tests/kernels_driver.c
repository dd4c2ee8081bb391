/* Runs every compiled kernel on buffers of exactly the size that it may use, for a sanitizer to watch: each cell, index
   and value inputs, sizes that fill no register, every instruction set of the processor. It prints each set's name.

   gcc -std=gnu11 -O1 -g -ffp-contract=fast -fno-math-errno -fsanitize=address,undefined -fno-sanitize-recover \
       -I rnntui/core/kernels/compiled tests/kernels_driver.c -lm -lpthread */

#include "kernels.c"

#include <stdio.h>
#include <stdlib.h>

static const int64_t GATES[] = {4, 3, 1, 4, 3, 1}, KEPT[] = {4, 4, 0, 4, 3, 1}; /* LSTM, GRU, RNN, and normed */
static const int64_t BLOCKS[] = {4, 4, 1, 4, 3, 1};
static const int HAS_C[] = {1, 0, 0, 1, 0, 0};

static uint32_t seed = 1;
static int64_t missing; /* numbers that h is too small by, where the driver is given an argument: that must be seen */

static float *numbers(int64_t count) {
    float *drawn = malloc(sizeof(float) * (size_t)count);
    for (int64_t k = 0; k < count; k++) {
        seed = seed * 1664525u + 1013904223u;
        drawn[k] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
    return drawn;
}

static int64_t *indices(int64_t count, int64_t bound) {
    int64_t *drawn = malloc(sizeof(int64_t) * (size_t)count);
    for (int64_t k = 0; k < count; k++) drawn[k] = (seed = seed * 1664525u + 1013904223u) % bound;
    if (count) drawn[count - 1] = bound - 1;
    if (rnntui_outside(drawn, count, bound) != count) abort();
    return drawn;
}

static void check(const float *x, int64_t count) {
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(x[k])) abort();
}

static void layer(const Kernels *K, int cell, int64_t n, int64_t T, int64_t B, int64_t d, int is_index, int fresh,
                  int keeps, int is_masked) {
    const int64_t lanes = rnntui_lanes(K), units = (n + lanes - 1) / lanes * lanes, gates = GATES[cell];
    const int64_t steps = keeps ? T : 1, blocks = BLOCKS[cell];
    float *w_x = numbers(gates * n * d), *w_h = numbers(gates * n * n), *bias = numbers(gates * n);
    float *entrance = numbers((is_index ? d : 1) * gates * units), *wx = numbers(d * gates * units);
    float *wh = numbers(n * gates * units), *wback = numbers(gates * units * units), *bh = numbers(units);
    float *x = numbers(T * B * d), *h = numbers((T + 1) * B * units - missing);
    float *c = numbers((keeps ? T + 1 : 1) * B * units), *kept = numbers(steps * B * KEPT[cell] * units);
    float *each = numbers(T * B * units), *dh = numbers(B * units), *dc = numbers(B * units);
    float *dgates = cell == LSTM && keeps ? kept : numbers(T * B * blocks * units);
    float *sums = numbers(d * gates * units);
    float *mask = numbers(B * units), *h_masked = numbers((T + 1) * B * units);
    float *valid = numbers(units), *gain = numbers(gates * units), *gain_input = numbers(gates * units), *cell_gain = numbers(units);
    float *cell_shift = numbers(units), *normed = numbers(steps * B * gates * units), *stats = numbers(steps * B * 3);
    float *da = numbers(T * B * gates * units), *dgain = numbers(B * gates * units), *dcell = numbers(B * 2 * units);
    for (int64_t u = 0; u < units; u++) valid[u] = u < n ? 1.0f : 0.0f;
    int64_t *index = indices(T * B, d);
    rnntui_pack_entrance(K, is_index ? w_x : NULL, bias, d, n, gates, units, entrance);
    rnntui_pack(K, w_x, d, n, gates, units, wx);
    rnntui_pack(K, w_h, n, n, gates, units, wh);
    Layer L = {.T = T, .B = B, .d = d, .n = n, .units = units, .fresh = fresh, .keeps = keeps, .x_stride = d,
               .entrance = entrance, .wx = wx, .wh = wh, .bh = bh, .h = h, .gates = kept,
               .mask = is_masked ? mask : NULL, .h_masked = is_masked ? h_masked : NULL,
               .valid = valid, .gain = gain, .gain_input = gain_input, .cell_gain = cell_gain, .cell_shift = cell_shift,
               .normed = normed, .stats = stats, .c = HAS_C[cell] ? c : NULL, .index = is_index ? index : NULL, .x = is_index ? NULL : x};
    rnntui_forward(K, cell, &L, 1 + B % 3);
    check(h, (T + 1) * B * units);
    check(h_masked, (T + 1) * B * units);
    if (keeps) {
        rnntui_pack_back(K, w_h, n, gates, units, HAS_C[cell], wback);
        L.wback = wback, L.dh = dh, L.dc = HAS_C[cell] || cell == NORMED_GRU ? dc : NULL, L.dgates = dgates;
        L.da = da, L.dgain = dgain, L.dcell = dcell;
        L.dh_each = n % 2 ? each : NULL;
        rnntui_backward(K, cell, &L, 1 + B % 3);
        rnntui_add_rows(K, dgates, T * B, blocks * units, gates * units, index, sums);
        check(dgates, T * B * blocks * units);
        check(sums, d * gates * units);
        check(da, T * B * gates * units);
        check(dgain, B * gates * units);
    }
    float *all[] = {w_x, w_h, bias, entrance, wx, wh, wback, bh, x, h, c, kept, each, dh, dc, sums, mask, h_masked, valid,
                    gain, gain_input, cell_gain, cell_shift, normed, stats, da, dgain, dcell};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
    if (dgates != kept) free(dgates);
    free(index);
}

static void layers(const Kernels *K) {
    const int64_t n[] = {1, 3, 7, 16, 17, 65}, shapes[][2] = {{1, 1}, {2, 5}, {3, 13}};
    for (int cell = LSTM; cell <= NORMED_RNN; cell++)
        for (size_t a = 0; a < sizeof n / sizeof *n; a++)
            for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
                for (int64_t d = 1; d <= 5; d += 4)
                    for (int flags = 0; flags < 16; flags++)
                        layer(K, cell, n[a], shapes[s][0], shapes[s][1], d, flags & 1, flags >> 1 & 1, flags >> 2 & 1,
                              flags >> 3);
    for (int cell = LSTM; cell <= NORMED_RNN; cell++) layer(K, cell, 150, 2, 99, 150, 0, 0, 1, 1); /* deep, and several groups */
}

/* The open units of a Phased LSTM: at each step those that a draw picks, all at the second, none at the third. */
static void open_units(const Kernels *K, int64_t n, int64_t T, int64_t B, int64_t d, int is_index, int keeps, int spread) {
    const int64_t lanes = rnntui_lanes(K), units = (n + lanes - 1) / lanes * lanes, padded = (B + lanes - 1) / lanes * lanes;
    const int64_t inputs = (d + lanes - 1) / lanes * lanes, columns = is_index ? d : inputs;
    int64_t *bounds = malloc(sizeof(int64_t) * (size_t)(T + 1)), most = 0, M = 0;
    int64_t *drawn = malloc(sizeof(int64_t) * (size_t)(T * n));
    for (int64_t t = bounds[0] = 0; t < T; bounds[++t] = M) {
        for (int64_t unit = 0; unit < n; unit++)
            if (t == 1 || (t != 2 && (seed = seed * 1664525u + 1013904223u) >> 30)) drawn[M++] = unit;
        if (M - bounds[t] > most) most = M - bounds[t];
    }
    int64_t *open = malloc(sizeof(int64_t) * (size_t)M), *index = indices(T * B, d);
    if (M) memcpy(open, drawn, sizeof(int64_t) * (size_t)M);
    const int64_t pairs = spread ? M : most;
    float *w_x = numbers(4 * n * d), *w_h = numbers(4 * n * n), *bias = numbers(4 * n), *k = numbers(M);
    float *x = numbers(T * B * d), *h = numbers((T + 1) * B * units - missing), *c = numbers(n * padded);
    float *room = numbers((4 * most + d + n) * padded), *back = numbers(most * padded), *kept = numbers(keeps ? M * 7 * B : 0);
    float *each = numbers(T * B * units), *dh = numbers(B * units), *dc = numbers(n * padded);
    float *delta = numbers(pairs * 4 * B), *share = numbers(pairs * B), *dwx = numbers(4 * n * columns);
    float *dwh = numbers(4 * n * units), *db = numbers(4 * n), *dk = numbers(M), *dx = numbers(T * B * inputs);
    OpenUnits P = {.T = T, .B = B, .d = d, .n = n, .units = units, .inputs = inputs, .padded = padded, .most = most,
                   .keeps = keeps, .spread = spread, .x_stride = d, .bounds = bounds, .open = open, .k = k, .wx = w_x,
                   .index = is_index ? index : NULL, .x = is_index ? NULL : x, .wh = w_h, .b = bias, .h = h, .c = c,
                   .room = room, .kept = kept};
    rnntui_open_forward(K, &P, 1 + B % 3);
    check(h, (T + 1) * B * units);
    if (keeps) {
        P.room = back, P.dh_each = n % 2 ? each : NULL, P.dh = dh, P.dc = dc, P.delta = delta, P.share = share;
        P.dwx = dwx, P.dwh = dwh, P.db = db, P.dk = d > 1 ? dk : NULL, P.dx = is_index ? NULL : dx;
        rnntui_open_backward(K, &P, 1 + B % 3);
        check(dwh, 4 * n * units);
        check(dwx, 4 * n * columns);
        check(dx, T * B * inputs);
        check(dk, M);
    }
    float *all[] = {w_x, w_h, bias, k,  x,     h,     c,   room, back, kept,
                    each, dh, dc, delta, share, dwx, dwh, db,   dk,   dx};
    for (size_t a = 0; a < sizeof all / sizeof *all; a++) free(all[a]);
    free(bounds), free(drawn), free(open), free(index);
}

static void all_open_units(const Kernels *K) {
    const int64_t n[] = {1, 3, 7, 16, 17, 65}, shapes[][2] = {{1, 1}, {2, 5}, {4, 4}, {4, 13}};
    for (size_t a = 0; a < sizeof n / sizeof *n; a++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
            for (int64_t d = 1; d <= 5; d += 4)
                for (int flags = 0; flags < 6; flags++)
                    open_units(K, n[a], shapes[s][0], shapes[s][1], d, flags & 1, flags > 1, flags > 3);
    for (int spread = 0; spread < 2; spread++) open_units(K, 150, 2, 99, 150, 0, 1, spread); /* deep, and several blocks */
}

/* A network of two layers, as it writes. */
static void network(const Kernels *K, int cell, int64_t n, int64_t d) {
    const int64_t lanes = rnntui_lanes(K), units = (n + lanes - 1) / lanes * lanes, gates = GATES[cell];
    const int64_t outputs = (d + lanes - 1) / lanes * lanes, size = 2 * units * (HAS_C[cell] ? 2 : 1);
    float *table = numbers(d * gates * units), *bias = numbers(gates * units), *wx = numbers(n * gates * units);
    float *wh = numbers(n * gates * units), *bh = numbers(units), *panels = numbers(outputs * n);
    float *b_p = numbers(outputs), *before = numbers(size), *after = numbers(size), *logits = numbers(outputs);
    float *room = numbers(11 * units), *valid = numbers(units), *gain = numbers(gates * units), *cell_gain = numbers(units);
    const Layer both[] = {
        {.T = 1, .B = 1, .d = d, .n = n, .units = units, .entrance = table, .wh = wh, .bh = bh,
         .valid = valid, .gain = gain, .cell_gain = cell_gain, .cell_shift = cell_gain},
        {.T = 1, .B = 1, .d = n, .n = n, .units = units, .entrance = bias, .wx = wx, .wh = wh, .bh = bh,
         .valid = valid, .gain = gain, .gain_input = gain, .cell_gain = cell_gain, .cell_shift = cell_gain},
    };
    const Network two = {.cell = cell, .count = 2, .outputs = outputs, .layers = both, .panels = panels, .bias = b_p};
    rnntui_step(K, &two, d - 1, before, after, logits, room);
    check(logits, outputs);
    check(after, size);
    float *all[] = {table, bias, wx, wh, bh, panels, b_p, before, after, logits, room, valid, gain, cell_gain};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
}

static void passes_over_numbers(const Kernels *K, int64_t count) {
    float *theta = numbers(count), *gradient = numbers(count), *mean = numbers(count), *squares = numbers(count);
    for (int64_t k = 0; k < count; k++) squares[k] = fabsf(squares[k]);
    const Update update = {count, 1.0f, 0.1f, 0.9f, 0.99f, 0.1f, 0.01f, 1.0f, 1e-8f, 1.0f};
    if (!isfinite(rnntui_squares(K, gradient, count))) abort();
    rnntui_rmsprop(K, &update, theta, gradient, squares);
    rnntui_adam(K, &update, theta, gradient, mean, squares);
    check(theta, count);
    for (int64_t rows = 1; rows <= 3; rows++) {
        float *logits = numbers(rows * count);
        int64_t *targets = indices(rows, count), right = 0;
        double loss = 0.0;
        rnntui_cross_entropy(K, logits, targets, rows, count, &loss, &right);
        check(logits, rows * count);
        free(logits), free(targets);
    }
    const int64_t whole = (count + rnntui_lanes(K) - 1) / rnntui_lanes(K) * rnntui_lanes(K);
    float *x = numbers(whole), *y = numbers(whole);
    x[0] = INFINITY;
    rnntui_tanh(K, x, y, whole);
    rnntui_sigmoid(K, x, y, whole);
    rnntui_exp(K, x, y, whole);
    check(y, whole);
    float *mask = numbers(2 * count);
    uint64_t *bits = malloc(sizeof(uint64_t) * (size_t)count);
    for (int64_t k = 0; k < count; k++) bits[k] = (uint64_t)k * 0x9e3779b97f4a7c15u;
    rnntui_mask(K, bits, 2 * count, 1 << 23, 2.0f, mask);
    for (int64_t k = 0; k < 2 * count; k++)
        if (mask[k] != 0.0f && mask[k] != 2.0f) abort();
    free(bits);
    float *all[] = {theta, gradient, mean, squares, x, y, mask};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
}

/* A read-out whole, with outputs that fill no register and those that fill several. */
static void readout(const Kernels *K, int64_t rows, int64_t n, int64_t outputs) {
    const int64_t lanes = rnntui_lanes(K), units = (n + lanes - 1) / lanes * lanes;
    const int64_t padded = (outputs + lanes - 1) / lanes * lanes;
    float *w = numbers(outputs * n), *b = numbers(outputs), *h = numbers(rows * units), *dw = numbers(outputs * n);
    float *db = numbers(outputs), *dh = numbers(rows * units);
    float *room = numbers((rows + n + 1) * padded + 2 * outputs * units);
    int64_t *targets = indices(rows, outputs), right = 0;
    double loss = 0.0;
    const Readout whole = {rows, n, units, outputs, padded, w, b, h, targets, dw, db, dh, room};
    rnntui_readout(K, &whole, &loss, &right);
    check(dw, outputs * n);
    check(dh, rows * units);
    if (!isfinite(loss) || right < 0 || right > rows) abort();
    float *all[] = {w, b, h, dw, db, dh, room};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
    free(targets);
}

int main(int count, char **given) {
    (void)given;
    missing = count - 1;
    for (size_t k = 0; k < sizeof ALL / sizeof *ALL; k++) {
        if (!bears(ALL[k])) continue;
        const Kernels *K = rnntui_kernels(ALL[k]->name);
        layers(K);
        all_open_units(K);
        for (int64_t n = 1; n <= 33; n += 8)
            for (int64_t outputs = 1; outputs <= 80; outputs += 13) readout(K, 3, n, outputs);
        for (int cell = LSTM; cell <= NORMED_RNN; cell++)
            for (int64_t n = 1; n <= 33; n += 8) network(K, cell, n, n + 1);
        for (int64_t count = 1; count <= 129; count += count < 20 ? 1 : 13) passes_over_numbers(K, count);
        puts(rnntui_name(K));
    }
    return rnntui_kernels("of no processor") != NULL;
}
