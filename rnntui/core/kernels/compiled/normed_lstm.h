/* The LSTM with layer normalisation, forward and backward: all four gates together, and c over its units. i, f, g and o
   are kept. */

KEEP(lstm, 4 * L->units, tile * 4 * LANES, LANES)

static void NAME(normed_lstm_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b, keep = L->keeps ? row : b;
    const float *in = L->entrance + (L->index ? L->index[row] * 4 * units : 0);
    float *normed = L->normed + keep * 4 * units, *kept = L->gates + keep * 4 * units, *stats = L->stats + keep * STATS;
    float *before = L->c + keep * units, *now = before + (L->keeps ? L->B * units : 0);
    const float of_state = stats[0] = NAME(centre)(L, normed, 4, 4, LANES);
    const float of_input = L->x ? NAME(centre)(L, kept, 4, 4, LANES) : 0.0f;
    V total = {0}, squares = {0};
    for (int64_t u = 0; u < units; u += LANES) {
        float *gates = kept + 4 * u;
        V a[4];
        UNROLL for (int v = 0; v < 4; v++) {
            const int64_t at = 4 * u + v * LANES;
            const V x = NAME(load)(normed + at) * of_state;
            NAME(store)(normed + at, x);
            a[v] = x * NAME(load)(L->gain + at) + NAME(load)(in + at);
            if (L->x) a[v] += NAME(load)(kept + at) * of_input * NAME(load)(L->gain_input + at);
        }
        const V i = NAME(sigmoid)(a[0]), f = NAME(sigmoid)(a[1]), g = NAME(tanh)(a[2]), o = NAME(sigmoid)(a[3]);
        const V c = g * i + NAME(load)(before + u) * f;
        NAME(store)(gates, i);
        NAME(store)(gates + LANES, f);
        NAME(store)(gates + 2 * LANES, g);
        NAME(store)(gates + 3 * LANES, o);
        NAME(store)(now + u, c);
        total += c;
    }
    const float mean = NAME(sum)(total) / (float)L->n;
    for (int64_t u = 0; u < units; u += LANES) {
        const V x = (NAME(load)(now + u) - mean) * NAME(load)(L->valid + u);
        squares += x * x;
    }
    const float scale = 1.0f / sqrtf(NAME(sum)(squares) / (float)L->n + EPSILON);
    stats[1] = mean, stats[2] = scale;
    for (int64_t u = 0; u < units; u += LANES) {
        const V x = (NAME(load)(now + u) - mean) * NAME(load)(L->valid + u) * scale;
        const V y = x * NAME(load)(L->cell_gain + u) + NAME(load)(L->cell_shift + u);
        NAME(give)(L, row, b, u, NAME(tanh)(y) * NAME(load)(kept + 4 * u + 3 * LANES));
    }
}

static void NAME(normed_lstm_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++) {
        for (int64_t tile = 0; tile < L->units / LANES; tile++)
            TILE(NAME(state_factor)(L, t, tile, 4, factors), NAME(multiply_42), NAME(keep_lstm_state), 4)
        if (L->x)
            for (int64_t tile = 0; tile < L->units / LANES; tile++)
                TILE(NAME(input_factor)(L, t, tile, 4, factors), NAME(multiply_42), NAME(keep_lstm_input), 4)
        for (int64_t b = from; b < to; b++) NAME(normed_lstm_row)(L, t, b);
    }
}

/* First through the norm of c, then, with d = da ⊙ gain, through that of what the state adds. */
static void NAME(normed_lstm_back_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b;
    const float *kept = L->gates + row * 4 * units, *normed = L->normed + row * 4 * units;
    const float *stats = L->stats + row * STATS, *before = L->c + row * units, *now = before + L->B * units;
    float *da = L->da + row * 4 * units, *ds = L->dgates + row * 4 * units, *dgain = L->dgain + b * 4 * units;
    float *dcell_gain = L->dcell + b * 2 * units, *dcell_shift = dcell_gain + units;
    float *dh = L->dh + b * units, *dc = L->dc + b * units;
    const float mean = stats[1], scale = stats[2], share = 1.0f / (float)L->n;
    V sum = {0}, product = {0};
    for (int64_t u = 0; u < units; u += LANES) {
        const V o = NAME(load)(kept + 4 * u + 3 * LANES), d = NAME(load)(dh + u), gain = NAME(load)(L->cell_gain + u);
        const V x = (NAME(load)(now + u) - mean) * NAME(load)(L->valid + u) * scale;
        const V s = NAME(tanh)(x * gain + NAME(load)(L->cell_shift + u)), dy = d * o * (1.0f - s * s);
        NAME(store)(da + 4 * u + 3 * LANES, d * s * (o * (1.0f - o)));
        NAME(store)(dcell_gain + u, NAME(load)(dcell_gain + u) + dy * x);
        NAME(store)(dcell_shift + u, NAME(load)(dcell_shift + u) + dy);
        NAME(store)(dh + u, dy * gain);
        sum += dy * gain;
        product += dy * gain * x;
    }
    const float of_mean = NAME(sum)(sum) * share, of_scale = NAME(sum)(product) * share;
    sum = product = (V){0};
    for (int64_t u = 0; u < units; u += LANES) {
        const V valid = NAME(load)(L->valid + u), x = (NAME(load)(now + u) - mean) * valid * scale;
        const V of_c = NAME(through_norm)(NAME(load)(dh + u), x, of_mean, of_scale, valid, scale);
        const V through = NAME(load)(dc + u) + of_c;
        const V i = NAME(load)(kept + 4 * u), f = NAME(load)(kept + 4 * u + LANES);
        const V g = NAME(load)(kept + 4 * u + 2 * LANES);
        NAME(store)(da + 4 * u, through * g * (i * (1.0f - i)));
        NAME(store)(da + 4 * u + LANES, through * NAME(load)(before + u) * (f * (1.0f - f)));
        NAME(store)(da + 4 * u + 2 * LANES, through * i * (1.0f - g * g));
        NAME(store)(dc + u, through * f);
        for (int64_t at = 4 * u; at < 4 * u + 4 * LANES; at += LANES) {
            const V x_at = NAME(load)(normed + at), a = NAME(load)(da + at), d = a * NAME(load)(L->gain + at);
            NAME(store)(dgain + at, NAME(load)(dgain + at) + a * x_at);
            sum += d;
            product += d * x_at;
        }
    }
    const float of_all = NAME(sum)(sum) * 0.25f * share, of_sigma = NAME(sum)(product) * 0.25f * share;
    for (int64_t u = 0; u < units; u += LANES)
        for (int64_t at = 4 * u; at < 4 * u + 4 * LANES; at += LANES) {
            const V d = NAME(load)(da + at) * NAME(load)(L->gain + at), valid = NAME(load)(L->valid + u);
            NAME(store)(ds + at, NAME(through_norm)(d, NAME(load)(normed + at), of_all, of_sigma, valid, stats[0]));
        }
}

NORMED_BACKWARD(lstm, 4, NAME(normed_back_tile), NAME(first_tile))
