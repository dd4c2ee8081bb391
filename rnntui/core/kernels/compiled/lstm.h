/* The LSTM forward and backward. i, f, g, o are kept, and the way back writes their gradients over them. */

static void NAME(lstm_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                            int64_t rows, int64_t wide) {
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
        NAME(give)(L, row, b + r, tile * LANES, NAME(tanh)(c) * o);
    }
}

static void NAME(lstm_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,
                                 int64_t rows, int64_t wide) {
    const int64_t units = L->units, at = t * L->B + b;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t row = at + r, unit = (tile + v) * LANES, now = row * units + unit;
        const int64_t carried = (b + r) * units + unit;
        float *d = L->dgates + row * 4 * units + 4 * unit;
        const V i = NAME(load)(d), f = NAME(load)(d + LANES), g = NAME(load)(d + 2 * LANES);
        const V o = NAME(load)(d + 3 * LANES), s = NAME(tanh)(NAME(load)(L->c + now + L->B * units));
        V dh = NAME(through)(L, b + r, unit, sums + (4 * r + v) * LANES);
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

static void NAME(lstm_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++)
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(factors)(L, t, tile, 4, factors), NAME(multiply_42), NAME(lstm_tile), 4)
}

BACKWARD(lstm, NAME(back_factors)(L, t, tile, 4, factors), NAME(first_tile))
