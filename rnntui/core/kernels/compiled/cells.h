/* The kernels of one instruction set. Included once for each: `NAME(f)` is f's name in it, `LANES` the floats of a
   register, `ROWS` the sequences that are worked on at once, so that ROWS × 4 sums and 4 weights fit its registers. */

typedef float NAME(V) __attribute__((vector_size(LANES * 4)));
typedef float NAME(U) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t NAME(I) __attribute__((vector_size(LANES * 4)));
#define V NAME(V)
#define I NAME(I)

static INLINE V NAME(load)(const float *p) { return *(const NAME(U) *)p; }
static INLINE void NAME(store)(float *p, V v) { *(NAME(U) *)p = v; }
static INLINE V NAME(all)(float a) { return a - (V){0}; }
static INLINE V NAME(either)(I where, V a, V b) { return (V)((where & (I)a) | (~where & (I)b)); }
/* x held between two numbers; NaN stays. */
static INLINE V NAME(clamped)(V x, float least, float most) {
#ifdef CLAMP
    return CLAMP(x, NAME(all)(least), NAME(all)(most));
#else
    x = NAME(either)(x < least, NAME(all)(least), x);
    return NAME(either)(x > most, NAME(all)(most), x);
#endif
}

/* e^x − 1 = 2^k (e^r − 1) + (2^k − 1) with x = k ln 2 + r: k as a power of two is `power`, e^r − 1 is returned.
   The polynomial errs by 1.4e-8 of its value. */
static INLINE V NAME(reduced)(V x, V *power) {
    const V magic = NAME(all)(12582912.0f); /* 1.5 · 2^23: added, it rounds to a whole number */
    V shifted = x * 1.4426950216293335f + magic;
    V k = shifted - magic;
    V r = x - k * 0.693145751953125f - k * 1.428606765330187e-06f;
    V q = 0.0013882515486329794f * r + 0.008366547524929047f;
    q = q * r + 0.04166720062494278f;
    q = q * r + 0.1666654348373413f;
    q = q * r + 0.4999999701976776f;
    *power = (V)(((I)shifted - (I)magic + 127) << 23);
    return q * (r * r) + r;
}

/* a / b for b in [1, 2^126]. A register of sixteen divisions takes as many cycles; an estimate to fourteen bits, a step of
   Newton's and a correction of the quotient take five and err by hardly more. */
static INLINE V NAME(quotient)(V a, V b) {
#ifdef ESTIMATE
    const V guess = ESTIMATE(b), inverse = guess + guess * (1.0f - b * guess), q = a * inverse;
    return q + inverse * (a - q * b);
#else
    return a / b;
#endif
}

/* For x in [−87, 88.3]; below, the value at −87 (1.6e-38); above, that at 88.3. NaN stays. */
static INLINE V NAME(exp)(V x) {
    V power;
    V e = NAME(reduced)(NAME(clamped)(x, -87.0f, 88.3f), &power);
    return power * e + power;
}

/* 1 / (1 + e^−x); below −87 the value there, 1.6e-38. */
static INLINE V NAME(sigmoid)(V x) {
    V power;
    V e = NAME(reduced)(-NAME(clamped)(x, -87.0f, 87.0f), &power);
    return NAME(quotient)(NAME(all)(1.0f), power * e + (power + 1.0f));
}

/* e / (e + 2) with e = e^2x − 1, in which nothing cancels: where k = 0 the sum is exact, else |e| > 0.29. */
static INLINE V NAME(tanh)(V x) {
    V power;
    x = NAME(clamped)(x, -10.0f, 10.0f);
    V e = NAME(reduced)(x + x, &power);
    e = power * e + (power - 1.0f);
    return NAME(quotient)(e, e + 2.0f);
}

/* sums[r][v] += Σ_k a[r][k] · panel[k][v] for `rows` rows of a and `wide` registers of the panel, the third of which may
   go to the fourth sum. */
static INLINE void NAME(product)(V sums[][4], const float *a, int64_t stride, const float *panel, int64_t depth,
                                 const int rows, const int wide, const int third) {
    for (int64_t k = 0; k < depth; k++, panel += wide * LANES) {
        V weight[4];
        UNROLL for (int v = 0; v < wide; v++) weight[v] = NAME(load)(panel + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            const V value = NAME(all)(a[r * stride + k]);
            UNROLL for (int v = 0; v < wide; v++) sums[r][v == 2 ? third : v] += value * weight[v];
        }
    }
}

/* The rows from b on of a factor, from row `from` of its panel on. A factor that is none has no depth. */
static INLINE void NAME(part)(V sums[][4], const Factor *F, int64_t b, int64_t from, int64_t most, const int rows,
                              const int wide, const int third) {
    const int64_t left = F->depth - from, depth = left < most ? left : most;
    NAME(product)(sums, F->a + b * F->stride + from, F->stride, F->panel + from * wide * LANES, depth, rows, wide, third);
}

/* --- LSTM: i, f, g, o, which the way back writes over with their gradients -------------------------------------------- */

static INLINE void NAME(lstm_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t wide = 4 * LANES, row = t * L->B;
    if (L->x) out[0] = (Factor){L->x + row * L->x_stride, L->x_stride, L->wx + tile * L->d * wide, L->d};
    if (t || !L->fresh) out[1] = (Factor){L->h + row * L->units, L->units, L->wh + tile * L->n * wide, L->n};
}

static void NAME(lstm_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows, int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t row = at + r, keep = L->keeps ? row : b + r;
        const float *in = L->entrance + (L->index ? L->index[row] * 4 * units : 0) + tile * wide * LANES;
        float *kept = L->gates + keep * 4 * units + tile * wide * LANES, *c_at = L->c + keep * units + tile * LANES;
        const V i = NAME(sigmoid)(NAME(load)(sums + (4 * r + 0) * LANES) + NAME(load)(in));
        const V f = NAME(sigmoid)(NAME(load)(sums + (4 * r + 1) * LANES) + NAME(load)(in + LANES));
        const V g = NAME(tanh)(NAME(load)(sums + (4 * r + 2) * LANES) + NAME(load)(in + 2 * LANES));
        const V o = NAME(sigmoid)(NAME(load)(sums + (4 * r + 3) * LANES) + NAME(load)(in + 3 * LANES));
        const V c = g * i + NAME(load)(c_at) * f;
        NAME(store)(kept, i);
        NAME(store)(kept + LANES, f);
        NAME(store)(kept + 2 * LANES, g);
        NAME(store)(kept + 3 * LANES, o);
        NAME(store)(c_at + (L->keeps ? L->B * units : 0), c);
        NAME(store)(L->h + (row + L->B) * units + tile * LANES, NAME(tanh)(c) * o);
    }
}

static INLINE void NAME(lstm_back_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t width = 4 * L->units;
    if (t + 1 == L->T) return;
    out[0] = (Factor){L->dgates + (t + 1) * L->B * width, width, L->wback + tile * width * LANES, width};
}

static void NAME(lstm_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                              int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const int64_t carried = (b + r) * units + unit;
        float *d = L->dgates + row * 4 * units + 4 * unit;
        const V i = NAME(load)(d), f = NAME(load)(d + LANES), g = NAME(load)(d + 2 * LANES);
        const V o = NAME(load)(d + 3 * LANES), s = NAME(tanh)(NAME(load)(L->c + now + L->B * units));
        V dh = NAME(load)(sums + (4 * r + v) * LANES);
        if (t + 1 == L->T) dh += NAME(load)(L->dh + carried);
        if (L->dh_each) dh += NAME(load)(L->dh_each + now);
        const V dc = NAME(load)(L->dc + carried) + dh * o * (1.0f - s * s);
        NAME(store)(d, dc * g * (i * (1.0f - i)));
        NAME(store)(d + LANES, dc * NAME(load)(L->c + now) * (f * (1.0f - f)));
        NAME(store)(d + 2 * LANES, dc * i * (1.0f - g * g));
        NAME(store)(d + 3 * LANES, dh * s * (o * (1.0f - o)));
        NAME(store)(L->dc + carried, dc * f);
    }
}

/* --- GRU: r, z, g; kept for the way back are r, z, g and W_gh h + b_gh ------------------------------------------- */

/* The candidate's share of h stands apart, in the fourth sum: the reset gate acts on it alone. */
static INLINE void NAME(gru_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t wide = 3 * LANES, row = t * L->B;
    if (L->x) out[0] = (Factor){L->x + row * L->x_stride, L->x_stride, L->wx + tile * L->d * wide, L->d};
    if (t || !L->fresh) out[1] = (Factor){L->h + row * L->units, L->units, L->wh + tile * L->n * wide, L->n};
}

static void NAME(gru_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                              int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t row = at + r, before = row * units + tile * LANES;
        const float *in = L->entrance + (L->index ? L->index[row] * 3 * units : 0) + tile * wide * LANES;
        float *kept = L->gates + (L->keeps ? row : b + r) * 4 * units + tile * 4 * LANES;
        const V reset = NAME(sigmoid)(NAME(load)(sums + (4 * r + 0) * LANES) + NAME(load)(in));
        const V z = NAME(sigmoid)(NAME(load)(sums + (4 * r + 1) * LANES) + NAME(load)(in + LANES));
        const V u = NAME(load)(sums + (4 * r + 3) * LANES) + NAME(load)(L->bh + tile * LANES);
        const V g = NAME(tanh)(NAME(load)(sums + (4 * r + 2) * LANES) + NAME(load)(in + 2 * LANES) + reset * u);
        NAME(store)(kept, reset);
        NAME(store)(kept + LANES, z);
        NAME(store)(kept + 2 * LANES, g);
        NAME(store)(kept + 3 * LANES, u);
        NAME(store)(L->h + before + L->B * units, g + z * (NAME(load)(L->h + before) - g));
    }
}

/* Blocks of dgates: r, z, the candidate as the input sees it, the candidate as h sees it. */
static INLINE void NAME(gru_back_factors)(const Layer *L, int64_t t, int64_t tile, const int wide, Factor *out) {
    const int64_t units = L->units;
    const float *d = L->dgates + (t + 1) * L->B * 4 * units, *w = L->wback + tile * 3 * units * LANES;
    if (t + 1 == L->T) return;
    out[0] = (Factor){d, 4 * units, w, 2 * units};
    out[1] = (Factor){d + 3 * units, 4 * units, w + 2 * units * wide * LANES, units};
}

static void NAME(gru_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                              int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const int64_t carried = (b + r) * units + unit;
        const float *kept = L->gates + row * 4 * units + 4 * unit;
        float *d = L->dgates + row * 4 * units + unit;
        const V reset = NAME(load)(kept), z = NAME(load)(kept + LANES);
        const V g = NAME(load)(kept + 2 * LANES), u = NAME(load)(kept + 3 * LANES);
        V dh = NAME(load)(sums + (4 * r + v) * LANES) + NAME(load)(L->dh + carried); /* of the step after: dh ⊙ z */
        if (L->dh_each) dh += NAME(load)(L->dh_each + now);
        const V dg = dh * (1.0f - z) * (1.0f - g * g);
        NAME(store)(d, dg * u * (reset * (1.0f - reset)));
        NAME(store)(d + units, dh * (NAME(load)(L->h + now) - g) * (z * (1.0f - z)));
        NAME(store)(d + 2 * units, dg);
        NAME(store)(d + 3 * units, dg * reset);
        NAME(store)(L->dh + carried, dh * z);
    }
}

/* --- the vanilla RNN ---------------------------------------------------------------------------------------------- */

static INLINE void NAME(rnn_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t row = t * L->B;
    if (L->x) out[0] = (Factor){L->x + row * L->x_stride, L->x_stride, L->wx + tile * L->d * LANES, L->d};
    if (t || !L->fresh) out[1] = (Factor){L->h + row * L->units, L->units, L->wh + tile * L->n * LANES, L->n};
}

static void NAME(rnn_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                              int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES;
        const float *in = L->entrance + (L->index ? L->index[row] * units : 0) + unit;
        NAME(store)(L->h + (row + L->B) * units + unit, NAME(tanh)(NAME(load)(sums + (4 * r + v) * LANES) + NAME(load)(in)));
    }
}

static INLINE void NAME(rnn_back_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t units = L->units;
    if (t + 1 == L->T) return;
    out[0] = (Factor){L->dgates + (t + 1) * L->B * units, units, L->wback + tile * units * LANES, units};
}

static void NAME(rnn_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                              int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const V h = NAME(load)(L->h + now + L->B * units);
        V dh = NAME(load)(sums + (4 * r + v) * LANES);
        if (t + 1 == L->T) dh += NAME(load)(L->dh + (b + r) * units + unit);
        if (L->dh_each) dh += NAME(load)(L->dh_each + now);
        NAME(store)(L->dgates + now, dh * (1.0f - h * h));
    }
}

/* The way back ends with ∂L/∂h(0): the products of a step before the first, to which a GRU adds dh ⊙ z. */
static void NAME(first_tile)(const Layer *L, int64_t b, int64_t tile, const float *sums, int64_t rows, int64_t wide,
                             int adds) {
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        float *dh = L->dh + (b + r) * L->units + (tile + v) * LANES;
        const V sum = NAME(load)(sums + (4 * r + v) * LANES);
        NAME(store)(dh, adds ? sum + NAME(load)(dh) : sum);
    }
}

/* --- all tiles, all rows ------------------------------------------------------------------------------------------- */

/* The products of the rows from `first` to `last` into sums (rows, 4). What becomes of them is left to functions of
   their own, whose constants would take the registers that these sums need. A panel that the nearest cache does not
   hold is read in parts of NEAR rows, each for all the rows. A row's numbers do not depend on its company. */
#define MULTIPLY(wide, third)                                                                                          \
    static NOINLINE void NAME(multiply_##wide##third)(const Factor *factors, int64_t first, int64_t last,              \
                                                      float *sums) {                                                   \
        if (factors[0].depth + factors[1].depth <= DEEP) {                                                             \
            EACH_ROW(ALL, wide, third)                                                                                 \
            return;                                                                                                    \
        }                                                                                                              \
        int begun = 0;                                                                                                 \
        for (int f = 0; f < 2; f++)                                                                                    \
            for (int64_t k = 0; k < factors[f].depth; k += NEAR, begun = 1) {                                          \
                if (f) EACH_ROW(PART_OF_SECOND, wide, third)                                                           \
                else EACH_ROW(PART_OF_FIRST, wide, third)                                                              \
            }                                                                                                          \
    }
#define EACH_ROW(DO, wide, third)                                                                                      \
    for (int64_t b = first; b < last;) {                                                                               \
        float *to = sums + 4 * LANES * (b - first);                                                                    \
        if (b + ROWS <= last) DO(ROWS, wide, third)                                                                    \
        else if (ROWS > 4 && b + 4 <= last) DO(4, wide, third)                                                         \
        else if (b + 2 <= last) DO(2, wide, third)                                                                     \
        else DO(1, wide, third)                                                                                        \
    }
#define DO(rows, begins, PARTS)                                                                                        \
    {                                                                                                                  \
        V block[ROWS][4];                                                                                              \
        UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < 4; v++)                                       \
            block[r][v] = begins ? (V){0} : NAME(load)(to + (4 * r + v) * LANES);                                      \
        PARTS;                                                                                                         \
        UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < 4; v++)                                       \
            NAME(store)(to + (4 * r + v) * LANES, block[r][v]);                                                        \
        b += rows;                                                                                                     \
    }
#define ALL(rows, wide, third)                                                                                         \
    DO(rows, 1, NAME(part)(block, factors, b, 0, INT64_MAX, rows, wide, 2);                                            \
       NAME(part)(block, factors + 1, b, 0, INT64_MAX, rows, wide, third))
#define PART_OF_FIRST(rows, wide, third) DO(rows, !begun, NAME(part)(block, factors, b, k, NEAR, rows, wide, 2))
#define PART_OF_SECOND(rows, wide, third)                                                                              \
    DO(rows, !begun, NAME(part)(block, factors + 1, b, k, NEAR, rows, wide, third))

MULTIPLY(4, 2)
MULTIPLY(3, 3)
MULTIPLY(2, 2)
MULTIPLY(1, 2)
#undef MULTIPLY
#undef EACH_ROW
#undef DO
#undef ALL
#undef PART_OF_FIRST
#undef PART_OF_SECOND

#define GROUP (8 * ROWS)
/* A tile: its products for a group of rows, then what becomes of them. */
#define TILE(FACTORS, MULTIPLY, wide)                                                                                  \
    {                                                                                                                  \
        Factor factors[2] = {{0}};                                                                                     \
        FACTORS;                                                                                                       \
        for (int64_t b = from; b < to; b += GROUP) {                                                                   \
            const int64_t rows = to - b < GROUP ? to - b : GROUP;                                                      \
            MULTIPLY(factors, b, b + rows, sums);                                                                      \
            FINISH(rows, wide);                                                                                        \
        }                                                                                                              \
    }
/* All tiles of four registers, then what is left. */
#define EACH_TILE                                                                                                      \
    for (int64_t tile = 0, wide; tile < L->units / LANES; tile += wide) {                                              \
        const int64_t left = L->units / LANES - tile;                                                                  \
        wide = left >= 4 ? 4 : left >= 2 ? 2 : 1;                                                                      \
        if (wide == 4) TILE(FACTORS, NAME(multiply_42), 4)                                                             \
        else if (wide == 2) TILE(FACTORS, NAME(multiply_22), 2)                                                        \
        else TILE(FACTORS, NAME(multiply_12), 1)                                                                       \
    }

static void NAME(lstm_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
#define FINISH(rows, wide) NAME(lstm_tile)(L, t, b, tile, sums, rows, wide)
    for (int64_t t = 0; t < L->T; t++)
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(lstm_factors)(L, t, tile, factors), NAME(multiply_42), 4)
#undef FINISH
}

static void NAME(gru_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
#define FINISH(rows, wide) NAME(gru_tile)(L, t, b, tile, sums, rows, wide)
    for (int64_t t = 0; t < L->T; t++)
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(gru_factors)(L, t, tile, factors), NAME(multiply_33), 3)
#undef FINISH
}

static void NAME(rnn_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
#define FINISH(rows, wide) NAME(rnn_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(rnn_factors)(L, t, tile, factors)
    for (int64_t t = 0; t < L->T; t++) EACH_TILE
#undef FACTORS
#undef FINISH
}

#define BACKWARD(cell)                                                                                                 \
    static void NAME(cell##_backward)(const Layer *L, int64_t from, int64_t to) {                                      \
        float sums[GROUP * 4 * LANES];                                                                                 \
        for (int64_t t = L->T - 1; t >= (L->fresh ? 0 : -1); t--) EACH_TILE                                            \
    }
#define FINISH(rows, wide)                                                                                             \
    if (t < 0) NAME(first_tile)(L, b, tile, sums, rows, wide, 0);                                                      \
    else NAME(lstm_back_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(lstm_back_factors)(L, t, tile, factors)
BACKWARD(lstm)
#undef FACTORS
#undef FINISH
#define FINISH(rows, wide)                                                                                             \
    if (t < 0) NAME(first_tile)(L, b, tile, sums, rows, wide, 1);                                                      \
    else NAME(gru_back_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(gru_back_factors)(L, t, tile, wide, factors)
BACKWARD(gru)
#undef FACTORS
#undef FINISH
#define FINISH(rows, wide)                                                                                             \
    if (t < 0) NAME(first_tile)(L, b, tile, sums, rows, wide, 0);                                                      \
    else NAME(rnn_back_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(rnn_back_factors)(L, t, tile, factors)
BACKWARD(rnn)
#undef FACTORS
#undef FINISH
#undef BACKWARD
#undef EACH_TILE
#undef TILE
#undef GROUP

/* y = W x + b of one x, W in panels as of a cell with one gate; `units` outputs. */
static void NAME(linear)(const float *panels, const float *bias, const float *x, int64_t depth, int64_t units,
                         float *y) {
#define TILE(wide)                                                                                                     \
    {                                                                                                                  \
        V sums[1][4];                                                                                                  \
        UNROLL for (int v = 0; v < wide; v++) sums[0][v] = NAME(load)(bias + (tile + v) * LANES);                      \
        NAME(product)(sums, x, depth, panels + tile * depth * LANES, depth, 1, wide, 2);                                  \
        UNROLL for (int v = 0; v < wide; v++) NAME(store)(y + (tile + v) * LANES, sums[0][v]);                         \
    }
    const int64_t tiles = units / LANES;
    int64_t tile = 0;
    for (; tile + 4 <= tiles; tile += 4) TILE(4)
    if (tile + 2 <= tiles) { TILE(2) tile += 2; }
    if (tile + 1 <= tiles) TILE(1)
#undef TILE
}

/* sums[index[k]] += the first `width` numbers of row k, for `count` rows `stride` apart; `width` is whole registers. */
static void NAME(add_rows)(const float *rows, int64_t count, int64_t stride, int64_t width, const int64_t *index,
                           float *sums) {
    for (int64_t k = 0; k < count; k++) {
        float *sum = sums + index[k] * width;
        for (int64_t j = 0; j < width; j += LANES)
            NAME(store)(sum + j, NAME(load)(sum + j) + NAME(load)(rows + k * stride + j));
    }
}

/* Of `rows` rows of `count` logits, `stride` apart, and the index that each should point to: the sum of the cross-entropies in nats, how
   many of the largest logits stand there (of equals, the first), and in place of the logits the gradients of the
   mean. */
static void NAME(cross_entropy)(float *logits, const int64_t *targets, int64_t rows, int64_t count, int64_t stride,
                                double *loss, int64_t *right) {
    const float share = 1.0f / (float)rows;
    float lanes[LANES];
    for (int64_t r = 0; r < rows; r++, logits += stride) {
        const int64_t target = targets[r], whole = count - count % LANES;
        const float wanted = logits[target];
        V most = NAME(all)(-INFINITY), sums = {0};
        for (int64_t j = 0; j < whole; j += LANES) {
            const V x = NAME(load)(logits + j);
            most = NAME(either)(x > most, x, most);
        }
        NAME(store)(lanes, most);
        float top = -INFINITY;
        for (int64_t j = 0; j < LANES; j++) top = lanes[j] > top ? lanes[j] : top;
        for (int64_t j = whole; j < count; j++) top = logits[j] > top ? logits[j] : top;
        if (wanted == top) { /* before exp, which makes equals of what lies close together */
            int64_t j = 0;
            while (j < target && logits[j] < top) j++;
            *right += j == target;
        }
        for (int64_t j = 0; j < whole; j += LANES) {
            const V e = NAME(exp)(NAME(load)(logits + j) - top);
            NAME(store)(logits + j, e);
            sums += e;
        }
        if (whole < count) {
            for (int64_t j = 0; j < LANES; j++) lanes[j] = whole + j < count ? logits[whole + j] : -INFINITY;
            NAME(store)(lanes, NAME(exp)(NAME(load)(lanes) - top));
            for (int64_t j = whole; j < count; j++) logits[j] = lanes[j - whole];
        }
        NAME(store)(lanes, sums);
        float sum = 0.0f;
        for (int64_t j = 0; j < LANES; j++) sum += lanes[j];
        for (int64_t j = whole; j < count; j++) sum += logits[j];
        *loss += (double)(logf(sum) + (top - wanted));
        const float scale = share / sum;
        for (int64_t j = 0; j < whole; j += LANES) NAME(store)(logits + j, NAME(load)(logits + j) * scale);
        for (int64_t j = whole; j < count; j++) logits[j] *= scale;
        logits[target] -= share;
    }
}

/* The whole of a small read-out: logits, cross-entropy, and the gradients of W (outputs, n), b and h. Rows of h and dh
   have `units` numbers. `room` is for (rows + n + 1) · padded + 2 · outputs · units numbers. */
static void NAME(readout)(const Readout *R, double *loss, int64_t *right) {
    const int64_t n = R->n, units = R->units, outputs = R->outputs, padded = R->padded, rows = R->rows;
    float *logits = R->room, *panels = logits + rows * padded, *bias = panels + n * padded;
    float *w = bias + padded, *dw = w + outputs * units;
    for (int64_t j = 0; j < padded; j++) bias[j] = j < outputs ? R->b[j] : 0.0f;
    for (int64_t tile = 0, wide; tile < padded / LANES; tile += wide, panels += wide * LANES * n) {
        const int64_t left = padded / LANES - tile;
        wide = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (int64_t k = 0; k < n; k++)
            for (int64_t lane = 0; lane < wide * LANES; lane++) {
                const int64_t j = tile * LANES + lane;
                panels[k * wide * LANES + lane] = j < outputs ? R->w[j * n + k] : 0.0f;
            }
    }
    panels = logits + rows * padded;
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t k = 0; k < units; k++) {
            w[j * units + k] = k < n ? R->w[j * n + k] : 0.0f;
            dw[j * units + k] = 0.0f;
        }
    for (int64_t r = 0; r < rows; r++)
        NAME(linear)(panels, bias, R->h + r * units, n, padded, logits + r * padded);
    NAME(cross_entropy)(logits, R->targets, rows, outputs, padded, loss, right);
    for (int64_t j = 0; j < outputs; j++) R->db[j] = 0.0f;
    for (int64_t r = 0; r < rows; r++) {
        const float *h = R->h + r * units, *d = logits + r * padded;
        for (int64_t k = 0; k < units; k += LANES) {
            const V value = NAME(load)(h + k);
            V dh = {0};
            for (int64_t j = 0; j < outputs; j++) {
                const V share = NAME(all)(d[j]);
                float *sum = dw + j * units + k;
                NAME(store)(sum, NAME(load)(sum) + share * value);
                dh += share * NAME(load)(w + j * units + k);
            }
            NAME(store)(R->dh + r * units + k, dh);
        }
        for (int64_t j = 0; j < outputs; j++) R->db[j] += d[j];
    }
    for (int64_t j = 0; j < outputs; j++) memcpy(R->dw + j * n, dw + j * units, sizeof(float) * (size_t)n);
}

/* Σ x², in LANES partial sums. */
static double NAME(squares)(const float *x, int64_t count) {
    const int64_t whole = count - count % (4 * LANES);
    V sums[4] = {{0}};
    for (int64_t k = 0; k < whole; k += 4 * LANES)
        UNROLL for (int v = 0; v < 4; v++) {
            const V value = NAME(load)(x + k + v * LANES);
            sums[v] += value * value;
        }
    double sum = 0.0;
    for (int v = 0; v < 4; v++)
        for (int lane = 0; lane < LANES; lane++) sum += (double)sums[v][lane];
    for (int64_t k = whole; k < count; k++) sum += (double)x[k] * (double)x[k];
    return sum;
}

/* One step of RMSprop on gradients that are first multiplied by `scale`. */
static void NAME(rmsprop)(const Update *u, float *restrict theta, const float *restrict gradient,
                          float *restrict squares) {
    const float scale = u->scale, keep = u->keep_squares, take = 1.0f - keep, rate = u->rate, epsilon = u->epsilon;
    for (int64_t k = 0; k < u->count; k++) {
        const float g = gradient[k] * scale;
        squares[k] = keep * squares[k] + take * (g * g);
        theta[k] -= rate * (g / (sqrtf(squares[k]) + epsilon));
    }
}

/* One step of Adam, with decoupled weight decay where `shrink` is below 1. */
static void NAME(adam)(const Update *u, float *restrict theta, const float *restrict gradient, float *restrict mean,
                       float *restrict squares) {
    const float scale = u->scale, keep_mean = u->keep_mean, keep = u->keep_squares, rate = u->rate;
    const float take_mean = 1.0f - keep_mean, take = 1.0f - keep, root = u->root, epsilon = u->epsilon;
    for (int64_t k = 0; k < u->count; k++) {
        const float g = gradient[k] * scale;
        mean[k] = keep_mean * mean[k] + take_mean * g;
        squares[k] = keep * squares[k] + take * (g * g);
        theta[k] = u->shrink * theta[k] - rate * (mean[k] / (sqrtf(squares[k]) * root + epsilon));
    }
}

#define EACH(f)                                                                                                        \
    static void NAME(f##_of)(const float *x, float *y, int64_t count) {                                                \
        for (int64_t k = 0; k < count; k += LANES) NAME(store)(y + k, NAME(f)(NAME(load)(x + k)));                     \
    }
EACH(tanh)
EACH(sigmoid)
EACH(exp)
#undef EACH

static const Kernels NAME(kernels) = {
    .name = ISA, .lanes = LANES,
    .lstm_forward = NAME(lstm_forward), .lstm_backward = NAME(lstm_backward),
    .gru_forward = NAME(gru_forward), .gru_backward = NAME(gru_backward),
    .rnn_forward = NAME(rnn_forward), .rnn_backward = NAME(rnn_backward),
    .linear = NAME(linear), .add_rows = NAME(add_rows), .cross_entropy = NAME(cross_entropy), .readout = NAME(readout),
    .squares = NAME(squares), .rmsprop = NAME(rmsprop), .adam = NAME(adam),
    .tanh_of = NAME(tanh_of), .sigmoid_of = NAME(sigmoid_of), .exp_of = NAME(exp_of),
};

#undef V
#undef I
