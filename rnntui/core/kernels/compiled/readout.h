/* The read-out and the loss. */

/* y = W x + b of one x, W in panels as of a cell with one gate; `units` outputs. */
static void NAME(linear)(const float *panels, const float *bias, const float *x, int64_t depth, int64_t units,
                         float *y) {
#define OUTPUTS(wide)                                                                                                     \
    {                                                                                                                  \
        V sums[1][4];                                                                                                  \
        UNROLL for (int v = 0; v < wide; v++) sums[0][v] = NAME(load)(bias + (tile + v) * LANES);                      \
        NAME(product)(sums, x, depth, panels + tile * depth * LANES, depth, 1, wide, 2, NULL);                            \
        UNROLL for (int v = 0; v < wide; v++) NAME(store)(y + (tile + v) * LANES, sums[0][v]);                         \
    }
    const int64_t tiles = units / LANES;
    int64_t tile = 0;
    for (; tile + 4 <= tiles; tile += 4) OUTPUTS(4)
    if (tile + 2 <= tiles) { OUTPUTS(2) tile += 2; }
    if (tile + 1 <= tiles) OUTPUTS(1)
#undef OUTPUTS
}

/* Of `rows` rows of `count` logits, `stride` apart, and the index that each should point to: the sum of the
   cross-entropies in nats, how many of the largest logits stand there (of equals, the first), and in place of the
   logits the gradients of the mean. */
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
   have `units` numbers. `room` is for (rows + n + 1) · padded + 2 · outputs · units numbers, of which W's panels are
   there already, after rows · padded. */
static void NAME(readout)(const Readout *R, double *loss, int64_t *right) {
    const int64_t n = R->n, units = R->units, outputs = R->outputs, padded = R->padded, rows = R->rows;
    float *logits = R->room, *panels = logits + rows * padded, *bias = panels + n * padded;
    float *w = bias + padded, *dw = w + outputs * units;
    for (int64_t j = 0; j < padded; j++) bias[j] = j < outputs ? R->b[j] : 0.0f;
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
