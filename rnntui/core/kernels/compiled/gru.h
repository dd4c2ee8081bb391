/* The GRU forward and backward. r, z, g and W_gh h + b_gh are kept for the way back. */

static void NAME(gru_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                           int64_t rows, int64_t wide) {
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
        NAME(give)(L, row, b + r, tile * LANES, g + z * (NAME(load)(L->h + before) - g));
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

static void NAME(gru_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                                int64_t rows, int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const int64_t carried = (b + r) * units + unit;
        const float *kept = L->gates + row * 4 * units + 4 * unit;
        float *d = L->dgates + row * 4 * units + unit;
        const V reset = NAME(load)(kept), z = NAME(load)(kept + LANES);
        const V g = NAME(load)(kept + 2 * LANES), u = NAME(load)(kept + 3 * LANES);
        /* of the step after: dh ⊙ z */
        V dh = NAME(through)(L, b + r, unit, sums + (4 * r + v) * LANES) + NAME(load)(L->dh + carried);
        if (L->dh_each) dh += NAME(load)(L->dh_each + now);
        const V dg = dh * (1.0f - z) * (1.0f - g * g);
        NAME(store)(d, dg * u * (reset * (1.0f - reset)));
        NAME(store)(d + units, dh * (NAME(load)(L->h + now) - g) * (z * (1.0f - z)));
        NAME(store)(d + 2 * units, dg);
        NAME(store)(d + 3 * units, dg * reset);
        NAME(store)(L->dh + carried, dh * z);
    }
}

/* The candidate's share of h stands apart, in the fourth sum: the reset gate acts on it alone. */
static void NAME(gru_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++)
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(factors)(L, t, tile, 3, factors), NAME(multiply_33), NAME(gru_tile), 3)
}

BACKWARD(gru, NAME(gru_back_factors)(L, t, tile, wide, factors), NAME(first_tile_beside))
