/* The open units of a Phased LSTM, forward and backward.

   A register holds one unit of as many sequences as it has lanes, so that the weights are read where they lie, however
   the open units are scattered: a row of W for each gate of a unit, each of its numbers for all sequences. For so few
   sequences that most lanes would be empty, registers hold inputs instead. On the way back the gradients of W and of h run
   along the rows of W, which are packed a few at a time. */

#if ROWS > 2
#define WIDEST 4
#else
#define WIDEST 2
#endif
#define MOST 6 /* rows at once: MOST · WIDEST sums fit the registers */
#define PLANES 7 /* of what is kept */
#define LINE 16 /* columns of h or ∂L/∂h that are moved at once: a cache line */
#define SIDE 64 /* sequences, or columns of weights, that are worked on at once: NEAR rows of them fill the nearest cache */

static INLINE int64_t NAME(least)(int64_t a, int64_t b) { return a < b ? a : b; }
static INLINE int64_t NAME(width_of)(int64_t registers) {
    return registers >= 4 && WIDEST == 4 ? 4 : registers >= 2 ? 2 : 1;
}

/* Up to a register of numbers, and zeros. */
static INLINE V NAME(load_some)(const float *p, int64_t count) {
    float some[LANES] = {0};
    if (count >= LANES) return NAME(load)(p);
    if (count > 0) memcpy(some, p, sizeof(float) * (size_t)count);
    return NAME(load)(some);
}

static INLINE void NAME(store_some)(float *p, V v, int64_t count) {
    float some[LANES];
    if (count >= LANES) {
        NAME(store)(p, v);
        return;
    }
    NAME(store)(some, v);
    if (count > 0) memcpy(p, some, sizeof(float) * (size_t)count);
}

static INLINE float NAME(sum_of)(V v) {
    float sum = 0.0f;
    for (int lane = 0; lane < LANES; lane++) sum += v[lane];
    return sum;
}

/* to[r][v] += Σ_k a[r][k] · panel[k][v] of the four gates, whose rows lie `stride` apart in a and `apart` in `to`. */
static NOINLINE void NAME(add_gates)(const float *a, int64_t stride, const float *panel, int64_t depth, int64_t width,
                                     float *to, int64_t apart) {
#define DO(wide)                                                                                                       \
    {                                                                                                                  \
        V sums[4][4];                                                                                                  \
        UNROLL for (int r = 0; r < 4; r++) UNROLL for (int v = 0; v < wide; v++)                                       \
            sums[r][v] = NAME(load)(to + r * apart + v * LANES);                                                       \
        NAME(product)(sums, a, stride, panel, depth, 4, wide, 2, NULL);                                                \
        UNROLL for (int r = 0; r < 4; r++) UNROLL for (int v = 0; v < wide; v++)                                       \
            NAME(store)(to + r * apart + v * LANES, sums[r][v]);                                                       \
    }
    if (width == WIDEST) DO(WIDEST)
    else if (width == 2) DO(2)
    else DO(1)
#undef DO
}

/* to[r][v] += Σ_k a[k][r] · panel[k][v] for `rows` rows. */
static INLINE void NAME(across)(const float *a, int64_t stride, const float *panel, int64_t depth, float *to,
                                int64_t apart, const int rows, const int wide) {
    V sums[MOST][4];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < wide; v++)
        sums[r][v] = NAME(load)(to + r * apart + v * LANES);
    for (int64_t k = 0; k < depth; k++, a += stride, panel += wide * LANES) {
        V weight[4];
        UNROLL for (int v = 0; v < wide; v++) weight[v] = NAME(load)(panel + v * LANES);
        UNROLL for (int r = 0; r < rows; r++) {
            const V value = NAME(all)(a[r]);
            UNROLL for (int v = 0; v < wide; v++) sums[r][v] += value * weight[v];
        }
    }
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < wide; v++)
        NAME(store)(to + r * apart + v * LANES, sums[r][v]);
}

/* The same for any number of rows. */
static NOINLINE void NAME(add_across)(const float *a, int64_t stride, const float *panel, int64_t depth, int64_t width,
                                      float *to, int64_t apart, int64_t rows) {
#define DO(count, wide)                                                                                                \
    {                                                                                                                  \
        NAME(across)(a + r, stride, panel, depth, to + r * apart, apart, count, wide);                                 \
        r += count;                                                                                                    \
    }
#define EACH_ROW(wide)                                                                                                 \
    for (int64_t r = 0; r < rows;) {                                                                                   \
        if (r + MOST <= rows) DO(MOST, wide)                                                                           \
        else if (r + 4 <= rows) DO(4, wide)                                                                            \
        else if (r + 2 <= rows) DO(2, wide)                                                                            \
        else DO(1, wide)                                                                                               \
    }
    if (width == WIDEST) EACH_ROW(WIDEST)
    else if (width == 2) EACH_ROW(2)
    else EACH_ROW(1)
#undef EACH_ROW
#undef DO
}

/* SIDE columns or fewer of rows lie as panels side by side, each `depth` rows of at most WIDEST registers. Row number
   `at` of them from the columns from `column` to `end` of a row of `have` numbers, with zeros beyond. */
static INLINE void NAME(pack_row)(const float *row, int64_t have, int64_t column, int64_t end, int64_t at, int64_t depth,
                                  float *panel) {
    for (int64_t width; column < end; panel += depth * width * LANES) {
        width = NAME(width_of)((end - column) / LANES);
        for (int64_t v = 0; v < width; v++, column += LANES)
            NAME(store)(panel + (at * width + v) * LANES, NAME(load_some)(row + NAME(least)(column, have), have - column));
    }
}

/* --- forward ------------------------------------------------------------------------------------------------------- */

/* Of the sequences from b on, `width` registers of them: what goes into the gates (most, 4), the inputs (d) and h (n),
   each (·, width). */
typedef struct { float *a, *x, *h; int64_t b, count, width; } NAME(Block);

static NAME(Block) NAME(block)(const OpenUnits *P, int64_t b, int64_t to) {
    const int64_t width = NAME(width_of)((to - b) / LANES) * LANES;
    float *room = P->room + (4 * P->most + P->d + P->n) * b;
    return (NAME(Block)){room, room + 4 * P->most * width, room + (4 * P->most + P->d) * width, b,
                         NAME(least)(width, P->B - b), width};
}

/* rows (count, columns), `stride` apart, as (columns, width), with zeros beyond. */
static void NAME(turn)(const float *rows, int64_t stride, int64_t columns, const NAME(Block) *S, float *to) {
    for (int64_t j = 0; j < columns; j++)
        for (int64_t r = 0; r < S->width; r++) to[j * S->width + r] = r < S->count ? rows[r * stride + j] : 0.0f;
}

/* What bias and an index add to the gates of the pairs of a step. */
static void NAME(open_enter)(const OpenUnits *P, int64_t t, const NAME(Block) *S) {
    const int64_t *index = P->index ? P->index + t * P->B + S->b : NULL;
    for (int64_t at = P->bounds[t]; at < P->bounds[t + 1]; at++)
        for (int64_t gate = 0; gate < 4; gate++) {
            const int64_t row = gate * P->n + P->open[at];
            float *to = S->a + (4 * (at - P->bounds[t]) + gate) * S->width;
            const V bias = NAME(all)(P->b[row]);
            for (int64_t r = 0; r < S->width; r += LANES) NAME(store)(to + r, bias);
            if (index)
                for (int64_t r = 0; r < S->count; r++) to[r] += P->wx[row * P->d + index[r]];
        }
}

/* The products of one factor of several blocks, x or h (depth, width), with the rows of w, (4n, depth). Parts of the
   factors stay in the nearest cache while all rows pass by once. */
static void NAME(open_multiply)(const OpenUnits *P, int64_t t, const NAME(Block) *blocks, int64_t count, const float *w,
                                int64_t depth, int is_x) {
    const int64_t *open = P->open + P->bounds[t], m = P->bounds[t + 1] - P->bounds[t];
    for (int64_t k = 0; k < depth; k += NEAR)
        for (int64_t j = 0; j < m; j++)
            for (const NAME(Block) *S = blocks; S < blocks + count; S++)
                NAME(add_gates)(w + open[j] * depth + k, P->n * depth, (is_x ? S->x : S->h) + k * S->width,
                                NAME(least)(NEAR, depth - k), S->width / LANES, S->a + 4 * j * S->width, S->width);
}

/* The same for few sequences, whose values lie `stride` apart. */
static void NAME(open_dots)(const OpenUnits *P, int64_t t, const NAME(Block) *S, const float *w, int64_t depth,
                            const float *values, int64_t stride) {
    for (int64_t at = P->bounds[t]; at < P->bounds[t + 1]; at++) {
        const float *row = w + P->open[at] * depth;
        float *to = S->a + 4 * (at - P->bounds[t]) * S->width;
        for (int64_t r = 0; r < S->count; r++) {
            V sums[4] = {{0}};
            int64_t k = 0;
            for (; k + LANES <= depth; k += LANES) {
                const V value = NAME(load)(values + r * stride + k);
                UNROLL for (int gate = 0; gate < 4; gate++)
                    sums[gate] += value * NAME(load)(row + gate * P->n * depth + k);
            }
            if (k < depth) {
                const V value = NAME(load_some)(values + r * stride + k, depth - k);
                UNROLL for (int gate = 0; gate < 4; gate++)
                    sums[gate] += value * NAME(load_some)(row + gate * P->n * depth + k, depth - k);
            }
            for (int gate = 0; gate < 4; gate++) to[gate * S->width + r] += NAME(sum_of)(sums[gate]);
        }
    }
}

/* From what goes into the gates to the new state. */
static void NAME(open_finish)(const OpenUnits *P, int64_t t, const NAME(Block) *S) {
    for (int64_t at = P->bounds[t]; at < P->bounds[t + 1]; at++) {
        const int64_t unit = P->open[at];
        const V k = NAME(all)(P->k[at]), closed = 1.0f - k;
        for (int64_t r = 0; r < S->width; r += LANES) {
            const float *a = S->a + 4 * (at - P->bounds[t]) * S->width + r;
            float *c_at = P->c + unit * P->padded + S->b + r, *h_at = S->h + unit * S->width + r;
            const V i = NAME(sigmoid)(NAME(load)(a)), f = NAME(sigmoid)(NAME(load)(a + S->width));
            const V g = NAME(tanh)(NAME(load)(a + 2 * S->width)), o = NAME(sigmoid)(NAME(load)(a + 3 * S->width));
            const V c_0 = NAME(load)(c_at), h_0 = NAME(load)(h_at);
            const V c = k * (g * i + c_0 * f) + closed * c_0, s = NAME(tanh)(c);
            NAME(store)(c_at, c);
            NAME(store)(h_at, k * (s * o) + closed * h_0);
            if (P->keeps) {
                const V planes[PLANES] = {i, f, g, o, s, c_0, h_0};
                float *kept = P->kept + at * PLANES * P->B + S->b + r;
                UNROLL for (int p = 0; p < PLANES; p++)
                    NAME(store_some)(kept + p * P->B, planes[p], S->count - r);
            }
        }
    }
}

/* The outputs of a step: those before it, and the new ones of the open units. */
static void NAME(open_write)(const OpenUnits *P, int64_t t, const NAME(Block) *S) {
    const int64_t m = P->bounds[t + 1] - P->bounds[t], *open = P->open + P->bounds[t];
    const float *before = P->h + (t * P->B + S->b) * P->units;
    float *after = P->h + ((t + 1) * P->B + S->b) * P->units;
    memcpy(after, before, sizeof(float) * (size_t)(S->count * P->units));
    for (int64_t first = 0; first < m; first += LINE) {
        const int64_t last = NAME(least)(first + LINE, m);
        for (int64_t r = 0; r < S->count; r++)
            for (int64_t j = first; j < last; j++) after[r * P->units + open[j]] = S->h[open[j] * S->width + r];
    }
}

/* A step of a few sequences. */
static void NAME(open_step_of_few)(const OpenUnits *P, int64_t t, const NAME(Block) *S) {
    const int64_t row = t * P->B + S->b;
    NAME(open_enter)(P, t, S);
    if (P->x) NAME(open_dots)(P, t, S, P->wx, P->d, P->x + row * P->x_stride, P->x_stride);
    NAME(open_dots)(P, t, S, P->wh, P->n, P->h + row * P->units, P->units);
    NAME(open_finish)(P, t, S);
}

/* A step of those of several blocks. */
static void NAME(open_step)(const OpenUnits *P, int64_t t, const NAME(Block) *blocks, int64_t count) {
    for (const NAME(Block) *S = blocks; S < blocks + count; S++) {
        NAME(open_enter)(P, t, S);
        if (P->x) NAME(turn)(P->x + (t * P->B + S->b) * P->x_stride, P->x_stride, P->d, S, S->x);
    }
    if (P->x) NAME(open_multiply)(P, t, blocks, count, P->wx, P->d, 1);
    NAME(open_multiply)(P, t, blocks, count, P->wh, P->n, 0);
    for (const NAME(Block) *S = blocks; S < blocks + count; S++) NAME(open_finish)(P, t, S);
}

/* The sequences from `from` to `to`, which are whole registers. */
static void NAME(open_forward)(const OpenUnits *P, int64_t from, int64_t to) {
    NAME(Block) blocks[SIDE / LANES];
    for (int64_t b = from; b < to;) {
        int64_t count = 0;
        for (const int64_t end = NAME(least)(b + SIDE, to); b < end; b += blocks[count++].width) {
            blocks[count] = NAME(block)(P, b, end);
            NAME(turn)(P->h + b * P->units, P->units, P->n, blocks + count, blocks[count].h);
        }
        for (int64_t t = 0; t < P->T; t++) {
            if (P->bounds[t] < P->bounds[t + 1]) {
                if (4 * P->B <= LANES) NAME(open_step_of_few)(P, t, blocks);
                else NAME(open_step)(P, t, blocks, count);
            }
            for (int64_t k = 0; k < count; k++) NAME(open_write)(P, t, blocks + k);
        }
    }
}

/* --- backward ------------------------------------------------------------------------------------------------------ */

/* Columns of the rows of dh from b on, of the open units, as (m, width); or, with `back`, the other way. */
static void NAME(open_columns)(const OpenUnits *P, int64_t t, int64_t b, int64_t count, int64_t width, float *columns,
                               int back) {
    const int64_t m = P->bounds[t + 1] - P->bounds[t], *open = P->open + P->bounds[t];
    for (int64_t first = 0; first < m; first += LINE) {
        const int64_t last = NAME(least)(first + LINE, m);
        for (int64_t r = 0; r < width; r++) {
            float *dh = P->dh + (b + r) * P->units;
            if (!back)
                for (int64_t j = first; j < last; j++) columns[j * width + r] = r < count ? dh[open[j]] : 0.0f;
            else if (r < count)
                for (int64_t j = first; j < last; j++) dh[open[j]] = columns[j * width + r];
        }
    }
}

/* δ of the pairs of a step, and what their own units hand on, of the sequences from b on. */
static void NAME(open_delta)(const OpenUnits *P, int64_t t, int64_t b, int64_t count, int64_t width, float *columns) {
    const int64_t first = P->bounds[t], place = P->spread ? 0 : first, B = P->B;
    for (int64_t at = first; at < P->bounds[t + 1]; at++) {
        const V k = NAME(all)(P->k[at]);
        for (int64_t r = 0; r < width; r += LANES) {
            const int64_t left = count - r;
            const float *kept = P->kept + at * PLANES * B + b + r;
            float *delta = P->delta + (at - place) * 4 * B + b + r, *dh_at = columns + (at - first) * width + r;
            float *dc_at = P->dc + P->open[at] * P->padded + b + r;
            V planes[PLANES];
            UNROLL for (int p = 0; p < PLANES; p++) planes[p] = NAME(load_some)(kept + p * B, left);
            const V i = planes[0], f = planes[1], g = planes[2], o = planes[3], s = planes[4], c_0 = planes[5];
            const V dh = NAME(load)(dh_at), dh_open = k * dh;
            const V dc = NAME(load)(dc_at) + dh_open * o * (1.0f - s * s), dc_open = k * dc;
            NAME(store_some)(delta, dc_open * g * (i - i * i), left);
            NAME(store_some)(delta + B, dc_open * c_0 * (f - f * f), left);
            NAME(store_some)(delta + 2 * B, dc_open * i * (1.0f - g * g), left);
            NAME(store_some)(delta + 3 * B, dh_open * s * (o - o * o), left);
            if (P->dk)
                NAME(store_some)(P->share + (at - place) * B + b + r,
                                 dh * (s * o - planes[6]) + dc * (g * i + c_0 * f - c_0), left);
            NAME(store)(dh_at, dh - dh_open);
            NAME(store)(dc_at, dc - dc_open + f * dc_open);
        }
    }
}

/* to (B, columns padded) += δᵀ w, w (4n, columns), for the sequences from `from` to `end`. */
static void NAME(open_hand_on)(const OpenUnits *P, int64_t t, int64_t from, int64_t end, const float *w,
                               int64_t columns, float *to, int64_t padded) {
    float panels[NEAR * SIDE];
    const int64_t m = P->bounds[t + 1] - P->bounds[t], *open = P->open + P->bounds[t];
    const float *delta = P->delta + (P->spread ? P->bounds[t] * 4 * P->B : 0) + from;
    for (int64_t column = 0; column < padded; column += SIDE) {
        const int64_t last = NAME(least)(column + SIDE, padded);
        for (int64_t first = 0; first < m; first += NEAR / 4) {
            const int64_t depth = 4 * NAME(least)(NEAR / 4, m - first);
            for (int64_t k = 0; k < depth; k++)
                NAME(pack_row)(w + (k % 4 * P->n + open[first + k / 4]) * columns, columns, column, last, k, depth, panels);
            const float *panel = panels;
            for (int64_t at = column, width; at < last; at += width * LANES, panel += depth * width * LANES) {
                width = NAME(width_of)((last - at) / LANES);
                NAME(add_across)(delta + first * 4 * P->B, P->B, panel, depth, width, to + from * padded + at, padded,
                                 end - from);
            }
        }
    }
}

/* One step back of the sequences from `from` to `to`. */
static void NAME(open_back_step)(const OpenUnits *P, int64_t t, int64_t from, int64_t to) {
    const int64_t end = NAME(least)(to, P->B);
    if (P->dh_each)
        for (int64_t k = from * P->units; k < end * P->units; k += LANES)
            NAME(store)(P->dh + k, NAME(load)(P->dh + k) + NAME(load)(P->dh_each + t * P->B * P->units + k));
    if (P->bounds[t] == P->bounds[t + 1]) return;
    for (int64_t b = from, width; b < to; b += width) {
        width = NAME(width_of)((to - b) / LANES) * LANES;
        const int64_t count = NAME(least)(width, P->B - b);
        float *columns = P->room + P->most * b;
        NAME(open_columns)(P, t, b, count, width, columns, 0);
        NAME(open_delta)(P, t, b, count, width, columns);
        NAME(open_columns)(P, t, b, count, width, columns, 1);
    }
    NAME(open_hand_on)(P, t, from, end, P->wh, P->n, P->dh, P->units);
    if (P->dx) NAME(open_hand_on)(P, t, from, end, P->wx, P->d, P->dx + t * P->B * P->inputs, P->inputs);
}

/* dw (4n, columns padded) += δ values of m pairs of a step, values (B, columns) being `stride` apart. */
static void NAME(open_weights)(const OpenUnits *P, const int64_t *open, const float *delta, int64_t m,
                               const float *values, int64_t stride, int64_t columns, float *dw, int64_t padded) {
    float panels[NEAR * SIDE];
    for (int64_t column = 0; column < padded; column += SIDE) {
        const int64_t last = NAME(least)(column + SIDE, padded);
        for (int64_t b = 0; b < P->B; b += NEAR) {
            const int64_t depth = NAME(least)(NEAR, P->B - b);
            for (int64_t r = 0; r < depth; r++)
                NAME(pack_row)(values + (b + r) * stride, columns, column, last, r, depth, panels);
            for (int64_t j = 0; j < m; j++) {
                const float *panel = panels;
                for (int64_t at = column, width; at < last; at += width * LANES, panel += depth * width * LANES) {
                    width = NAME(width_of)((last - at) / LANES);
                    NAME(add_gates)(delta + j * 4 * P->B + b, P->B, panel, depth, width, dw + open[j] * padded + at,
                                    P->n * padded);
                }
            }
        }
    }
}

static float NAME(sum_over)(const float *x, int64_t count) {
    V sums = {0};
    for (int64_t k = 0; k < count; k += LANES) sums += NAME(load_some)(x + k, count - k);
    return NAME(sum_of)(sums);
}

/* What a step adds to the gradients of the units from `from` to `to`. */
static void NAME(open_gradients_of)(const OpenUnits *P, int64_t t, int64_t from, int64_t to) {
    int64_t first = P->bounds[t], last = P->bounds[t + 1];
    while (first < last && P->open[first] < from) first++;
    while (first < last && P->open[last - 1] >= to) last--;
    if (first == last) return;
    const int64_t place = P->spread ? 0 : P->bounds[t], m = last - first, *open = P->open + first, B = P->B;
    const float *delta = P->delta + (first - place) * 4 * B;
    NAME(open_weights)(P, open, delta, m, P->h + t * B * P->units, P->units, P->units, P->dwh, P->units);
    if (P->x) NAME(open_weights)(P, open, delta, m, P->x + t * B * P->x_stride, P->x_stride, P->d, P->dwx, P->inputs);
    for (int64_t j = 0; j < m; j++) {
        for (int64_t gate = 0; gate < 4; gate++) {
            const int64_t row = gate * P->n + open[j];
            const float *of = delta + (4 * j + gate) * B;
            P->db[row] += NAME(sum_over)(of, B);
            if (P->index)
                for (int64_t b = 0; b < B; b++) P->dwx[row * P->d + P->index[t * B + b]] += of[b];
        }
        if (P->dk) P->dk[first + j] = NAME(sum_over)(P->share + (first - place + j) * B, B);
    }
}

/* All steps back, of sequences. */
static void NAME(open_back)(const OpenUnits *P, int64_t from, int64_t to) {
    for (int64_t t = P->T - 1; t >= 0; t--) NAME(open_back_step)(P, t, from, to);
}

/* Then the gradients, of units: the same sums in the same order, however many threads share them. */
static void NAME(open_gradients)(const OpenUnits *P, int64_t from, int64_t to) {
    for (int64_t t = P->T - 1; t >= 0; t--) NAME(open_gradients_of)(P, t, from, to);
}

/* Both at once, step by step, while what a step needs is near. */
static void NAME(open_both)(const OpenUnits *P) {
    for (int64_t t = P->T - 1; t >= 0; t--) {
        NAME(open_back_step)(P, t, 0, P->padded);
        NAME(open_gradients_of)(P, t, 0, P->n);
    }
}

#undef WIDEST
#undef MOST
#undef PLANES
#undef LINE
#undef SIDE
