/* Matrix products tile by tile: a tile is at most four registers of units, for a group of sequences. */

/* sums[r][v] += Σ_k a[r][k] · panel[k][v] for `rows` rows of a and `wide` registers of the panel, the third of which may
   go to the fourth sum. Where `ahead` is not NULL, a line of the memory behind it is fetched at each k. */
static INLINE void NAME(product)(V sums[][4], const float *a, int64_t stride, const float *panel, int64_t depth,
                                 const int rows, const int wide, const int third, const float *ahead) {
    for (int64_t k = 0; k < depth; k++, panel += wide * LANES) {
        V weight[4];
        if (ahead) __builtin_prefetch(ahead + k * LINE_OF_CACHE);
        UNROLL for (int v = 0; v < wide; v++) weight[v] = NAME(load)(panel + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            const V value = NAME(all)(a[r * stride + k]);
            UNROLL for (int v = 0; v < wide; v++) sums[r][v == 2 ? third : v] += value * weight[v];
        }
    }
}

/* The rows from b on of a factor, from row `from` of its panel on. A factor that is none has no depth. */
static INLINE void NAME(part)(V sums[][4], const Factor *F, int64_t b, int64_t from, int64_t most, const int rows,
                              const int wide, const int third, const float *ahead) {
    const int64_t left = F->depth - from, depth = left < most ? left : most;
    NAME(product)(sums, F->a + b * F->stride + from, F->stride, F->panel + from * wide * LANES, depth, rows, wide, third,
                  ahead);
}

/* The products of the way forward: of the input, where it is values, and of the state before. A tile has `gates` registers
   of each panel's row. */
static INLINE void NAME(input_factor)(const Layer *L, int64_t t, int64_t tile, int64_t gates, Factor *out) {
    const int64_t row = t * L->B, wide = gates * LANES;
    if (L->x) out[0] = (Factor){L->x + row * L->x_stride, L->x_stride, L->wx + tile * L->d * wide, L->d};
}

static INLINE void NAME(state_factor)(const Layer *L, int64_t t, int64_t tile, int64_t gates, Factor *out) {
    const int64_t row = t * L->B, wide = gates * LANES;
    const float *h = L->mask ? L->h_masked : L->h;
    if (t || !L->fresh) out[1] = (Factor){h + row * L->units, L->units, L->wh + tile * L->n * wide, L->n};
}

static INLINE void NAME(factors)(const Layer *L, int64_t t, int64_t tile, int64_t gates, Factor *out) {
    NAME(input_factor)(L, t, tile, gates, out);
    NAME(state_factor)(L, t, tile, gates, out);
}

/* What a tile gives to the state after row `row`, of the sequence b, and to the products of the next step. */
static INLINE void NAME(give)(const Layer *L, int64_t row, int64_t b, int64_t unit, V h) {
    const int64_t at = (row + L->B) * L->units + unit;
    NAME(store)(L->h + at, h);
    if (L->mask) NAME(store)(L->h_masked + at, h * NAME(load)(L->mask + b * L->units + unit));
}

/* What the products of the step after take from the gradient of h of the sequence b. */
static INLINE V NAME(through)(const Layer *L, int64_t b, int64_t unit, const float *sum) {
    const V dh = NAME(load)(sum);
    return L->mask ? dh * NAME(load)(L->mask + b * L->units + unit) : dh;
}

/* The product of the way back: of the `blocks` gradients a unit of the step after. */
static INLINE void NAME(back_factors)(const Layer *L, int64_t t, int64_t tile, int64_t blocks, Factor *out) {
    const int64_t width = blocks * L->units;
    if (t + 1 == L->T) return;
    out[0] = (Factor){L->dgates + (t + 1) * L->B * width, width, L->wback + tile * width * LANES, width};
}

/* The way back ends with ∂L/∂h(0): the products of a step before the first, t = −1, */
static void NAME(first_tile)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                             int64_t wide) {
    (void)t;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++)
        NAME(store)(L->dh + (b + r) * L->units + (tile + v) * LANES,
                    NAME(through)(L, b + r, (tile + v) * LANES, sums + (4 * r + v) * LANES));
}

/* to which a GRU adds dh ⊙ z. */
static void NAME(first_tile_beside)(const Layer *L, int64_t t, int64_t b, int64_t tile, const float *sums, int64_t rows,
                                    int64_t wide) {
    (void)t;
    for (int64_t r = 0; r < rows; r++) for (int64_t v = 0; v < wide; v++) {
        float *dh = L->dh + (b + r) * L->units + (tile + v) * LANES;
        NAME(store)(dh, NAME(through)(L, b + r, (tile + v) * LANES, sums + (4 * r + v) * LANES) + NAME(load)(dh));
    }
}

/* The products of the rows from `first` to `last` into sums (rows, 4). What becomes of them is left to functions of
   their own, whose constants would take the registers that these sums need. A panel that the nearest cache does not
   hold is read in parts of NEAR rows, each for all the rows; of a deep one, whose weights lie farther away, the part after
   it is fetched meanwhile. A row's numbers do not depend on its company. */
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
    DO(rows, 1, NAME(part)(block, factors, b, 0, INT64_MAX, rows, wide, 2, NULL);                                      \
       NAME(part)(block, factors + 1, b, 0, INT64_MAX, rows, wide, third, NULL))
#define AHEAD(f, wide)                                                                                                 \
    (factors[0].depth + factors[1].depth < FAR                                                                         \
         ? NULL                                                                                                        \
         : factors[f].panel + (k + NEAR) * wide * LANES + (b - first) / ROWS * NEAR * LINE_OF_CACHE)
#define PART_OF_FIRST(rows, wide, third)                                                                               \
    DO(rows, !begun, NAME(part)(block, factors, b, k, NEAR, rows, wide, 2, AHEAD(0, wide)))
#define PART_OF_SECOND(rows, wide, third)                                                                              \
    DO(rows, !begun, NAME(part)(block, factors + 1, b, k, NEAR, rows, wide, third, AHEAD(1, wide)))

MULTIPLY(4, 2)
MULTIPLY(3, 3)
MULTIPLY(3, 2)
MULTIPLY(2, 2)
MULTIPLY(1, 2)
#undef MULTIPLY
#undef EACH_ROW
#undef DO
#undef ALL
#undef PART_OF_FIRST
#undef PART_OF_SECOND
#undef AHEAD

#define GROUP (8 * ROWS)
/* A tile: its products for a group of rows, then what becomes of them. */
#define TILE(FACTORS, MULTIPLY, FINISH, wide)                                                                          \
    {                                                                                                                  \
        Factor factors[2] = {{0}};                                                                                     \
        FACTORS;                                                                                                       \
        for (int64_t b = from; b < to; b += GROUP) {                                                                   \
            const int64_t rows = to - b < GROUP ? to - b : GROUP;                                                      \
            MULTIPLY(factors, b, b + rows, sums);                                                                      \
            FINISH(L, t, b, tile, sums, rows, wide);                                                                   \
        }                                                                                                              \
    }
/* All tiles of four registers, then what is left. */
#define EACH_TILE(FACTORS, FINISH)                                                                                     \
    for (int64_t tile = 0, wide; tile < L->units / LANES; tile += wide) {                                              \
        const int64_t left = L->units / LANES - tile;                                                                  \
        wide = left >= 4 ? 4 : left >= 2 ? 2 : 1;                                                                      \
        if (wide == 4) TILE(FACTORS, NAME(multiply_42), FINISH, 4)                                                     \
        else if (wide == 2) TILE(FACTORS, NAME(multiply_22), FINISH, 2)                                                \
        else TILE(FACTORS, NAME(multiply_12), FINISH, 1)                                                               \
    }
#define BACKWARD(cell, FACTORS, FIRST)                                                                                 \
    static void NAME(cell##_backward)(const Layer *L, int64_t from, int64_t to) {                                      \
        float sums[GROUP * 4 * LANES];                                                                                 \
        int64_t t = L->T - 1;                                                                                          \
        for (; t >= 0; t--) EACH_TILE(FACTORS, NAME(cell##_back_tile))                                                 \
        if (!L->fresh) EACH_TILE(FACTORS, FIRST)                                                                       \
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
