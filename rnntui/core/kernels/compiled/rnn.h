/* The vanilla RNN forward and backward. The outputs are all that the way back needs. */

static void NAME(rnn_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                           int64_t rows, int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES;
        const float *in = L->entrance + (L->index ? L->index[row] * units : 0) + unit;
        NAME(give)(L, row, b + r, unit, NAME(tanh)(NAME(load)(sums + (4 * r + v) * LANES) + NAME(load)(in)));
    }
}

static void NAME(rnn_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                                int64_t rows, int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const V h = NAME(load)(L->h + now + L->B * units);
        V dh = NAME(through)(L, b + r, unit, sums + (4 * r + v) * LANES);
        if (t + 1 == L->T) dh += NAME(load)(L->dh + (b + r) * units + unit);
        if (L->dh_each) dh += NAME(load)(L->dh_each + now);
        NAME(store)(L->dgates + now, dh * (1.0f - h * h));
    }
}

static void NAME(rnn_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++) EACH_TILE(NAME(factors)(L, t, tile, 1, factors), NAME(rnn_tile))
}

BACKWARD(rnn, NAME(back_factors)(L, t, tile, 1, factors), NAME(first_tile))
