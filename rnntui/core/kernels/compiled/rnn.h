/* The vanilla RNN forward and backward. The outputs are all that the way back needs. */

static INLINE void NAME(rnn_factors)(const Layer *L, int64_t t, int64_t tile, Factor *out) {
    const int64_t row = t * L->B;
    if (L->x) out[0] = (Factor){L->x + row * L->x_stride, L->x_stride, L->wx + tile * L->d * LANES, L->d};
    if (t || !L->fresh) out[1] = (Factor){L->h + row * L->units, L->units, L->wh + tile * L->n * LANES, L->n};
}

static void NAME(rnn_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                           int64_t rows, int64_t wide) {
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

static void NAME(rnn_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                                int64_t rows, int64_t wide) {
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

static void NAME(rnn_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
#define FINISH(rows, wide) NAME(rnn_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(rnn_factors)(L, t, tile, factors)
    for (int64_t t = 0; t < L->T; t++) EACH_TILE
#undef FACTORS
#undef FINISH
}

#define FINISH(rows, wide)                                                                                             \
    if (t < 0) NAME(first_tile)(L, b, tile, sums, rows, wide, 0);                                                      \
    else NAME(rnn_back_tile)(L, t, b, tile, sums, rows, wide)
#define FACTORS NAME(rnn_back_factors)(L, t, tile, factors)
BACKWARD(rnn)
#undef FACTORS
#undef FINISH
