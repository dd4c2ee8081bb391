/* Layer normalisation: what the cells that have it share. What the state adds to the gates is normalised over several
   of them, so a step cannot end tile by tile: all the products of a sequence, then its row.

   Kept are the gates, what the state adds as it is normalised, x̂, and what was divided by. The way back may write its
   gradients over them: da over the gates, dgates over x̂. */

#define EPSILON 1e-5f /* that of `layer_norm.py` */
#define STATS 3       /* an LSTM's: 1/σ of what the state adds; the mean of c, and 1/σ of it. Others: 1/σ of each part */

static INLINE float NAME(sum)(V v) {
    float lanes[LANES], sum = 0.0f;
    NAME(store)(lanes, v);
    for (int64_t j = 0; j < LANES; j++) sum += lanes[j];
    return sum;
}

/* `count` numbers of each unit, those of the unit u from `along` · u on and `across` apart, less their mean. Padding is
   zero before and after. Gives 1/σ. */
static INLINE float NAME(centre)(const Layer *L, float *row, const int64_t count, const int64_t along,
                                 const int64_t across) {
    const int64_t units = L->units;
    const float share = 1.0f / (float)(count * L->n);
    V total = {0}, squares = {0};
    for (int64_t u = 0; u < units; u += LANES)
        for (int64_t v = 0; v < count; v++) total += NAME(load)(row + along * u + across * v);
    const float mean = NAME(sum)(total) * share;
    for (int64_t u = 0; u < units; u += LANES)
        for (int64_t v = 0; v < count; v++) {
            float *at = row + along * u + across * v;
            const V x = (NAME(load)(at) - mean) * NAME(load)(L->valid + u);
            NAME(store)(at, x);
            squares += x * x;
        }
    return 1.0f / sqrtf(NAME(sum)(squares) * share + EPSILON);
}

/* Sums of a tile as they are, to be normalised, into rows of `width` numbers: its registers from `first` on, `apart`. */
static INLINE void NAME(keep)(const Layer *L, float *into, int64_t t, int64_t b, int64_t width, int64_t first,
                              int64_t apart, const float *sums, int64_t rows, int64_t wide) {
    float *to = into + ((L->keeps ? t * L->B : 0) + b) * width + first;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t v = 0; v < wide; v++)
            NAME(store)(to + r * width + v * apart, NAME(load)(sums + (4 * r + v) * LANES));
}
/* Those of the state, and those of an input that is values, which stand where the gates will. */
#define KEEP(cell, width, first, apart)                                                                                \
    static void NAME(keep_##cell##_state)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,       \
                                          int64_t rows, int64_t wide) {                                                \
        NAME(keep)(L, L->normed, t, b, width, first, apart, sums, rows, wide);                                         \
    }                                                                                                                  \
    static void NAME(keep_##cell##_input)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums,       \
                                          int64_t rows, int64_t wide) {                                                \
        NAME(keep)(L, L->gates, t, b, width, first, apart, sums, rows, wide);                                          \
    }

/* ∂L/∂h(t), whole, into dh: the row needs all of it. */
static void NAME(normed_back_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                                   int64_t wide) {
    const int64_t units = L->units;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        const int64_t unit = (tile + v) * LANES, carried = (b + r) * units + unit;
        V dh = NAME(through)(L, b + r, unit, sums + (4 * r + v) * LANES);
        if (t + 1 == L->T) dh += NAME(load)(L->dh + carried);
        if (L->dh_each) dh += NAME(load)(L->dh_each + (t * L->B + b + r) * units + unit);
        NAME(store)(L->dh + carried, dh);
    }
}

/* With x̂ = (x − mean) / σ and d = ∂L/∂x̂: ∂L/∂x = (d − mean(d) − x̂ mean(d ⊙ x̂)) / σ. */
static INLINE V NAME(through_norm)(V d, V x, float mean, float mean_of_product, V valid, float scale) {
    return (d - mean - x * mean_of_product) * valid * scale;
}

#define NORMED_BACKWARD(cell, blocks, BACK_TILE, FIRST)                                                                \
    static void NAME(normed_##cell##_backward)(const Layer *L, int64_t from, int64_t to) {                             \
        float sums[GROUP * 4 * LANES];                                                                                 \
        int64_t t = L->T - 1;                                                                                          \
        for (; t >= 0; t--) {                                                                                          \
            EACH_TILE(NAME(back_factors)(L, t, tile, blocks, factors), BACK_TILE)                                      \
            for (int64_t b = from; b < to; b++) NAME(normed_##cell##_back_row)(L, t, b);                               \
        }                                                                                                              \
        if (!L->fresh) EACH_TILE(NAME(back_factors)(L, t, tile, blocks, factors), FIRST)                               \
    }
