/* The vanilla RNN with layer normalisation, forward and backward. */

KEEP(rnn, L->units, tile * LANES, LANES)

static void NAME(normed_rnn_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b, keep = L->keeps ? row : b;
    const float *in = L->entrance + (L->index ? L->index[row] * units : 0);
    float *normed = L->normed + keep * units, *kept = L->gates + keep * units, *stats = L->stats + keep * STATS;
    const float of_state = stats[0] = NAME(centre)(L, normed, 1, 1, 0);
    const float of_input = L->x ? NAME(centre)(L, kept, 1, 1, 0) : 0.0f;
    for (int64_t u = 0; u < units; u += LANES) {
        const V x = NAME(load)(normed + u) * of_state;
        V a = x * NAME(load)(L->gain + u) + NAME(load)(in + u);
        if (L->x) a += NAME(load)(kept + u) * of_input * NAME(load)(L->gain_input + u);
        NAME(store)(normed + u, x);
        NAME(give)(L, row, b, u, NAME(tanh)(a));
    }
}

static void NAME(normed_rnn_forward)(const Layer *L, int64_t from, int64_t to) {
    float sums[GROUP * 4 * LANES];
    for (int64_t t = 0; t < L->T; t++) {
        EACH_TILE(NAME(state_factor)(L, t, tile, 1, factors), NAME(keep_rnn_state))
        if (L->x) EACH_TILE(NAME(input_factor)(L, t, tile, 1, factors), NAME(keep_rnn_input))
        for (int64_t b = from; b < to; b++) NAME(normed_rnn_row)(L, t, b);
    }
}

static void NAME(normed_rnn_back_row)(const Layer *L, int64_t t, int64_t b) {
    const int64_t units = L->units, row = t * L->B + b;
    const float *normed = L->normed + row * units, *after = L->h + (row + L->B) * units, *dh = L->dh + b * units;
    float *da = L->da + row * units, *ds = L->dgates + row * units, *dgain = L->dgain + b * units;
    const float share = 1.0f / (float)L->n, scale = L->stats[row * STATS];
    V sum = {0}, product = {0};
    for (int64_t u = 0; u < units; u += LANES) {
        const V h = NAME(load)(after + u), x = NAME(load)(normed + u), a = NAME(load)(dh + u) * (1.0f - h * h);
        const V d = a * NAME(load)(L->gain + u);
        NAME(store)(da + u, a);
        NAME(store)(dgain + u, NAME(load)(dgain + u) + a * x);
        sum += d;
        product += d * x;
    }
    const float of_all = NAME(sum)(sum) * share, of_sigma = NAME(sum)(product) * share;
    for (int64_t u = 0; u < units; u += LANES) {
        const V d = NAME(load)(da + u) * NAME(load)(L->gain + u), valid = NAME(load)(L->valid + u);
        NAME(store)(ds + u, NAME(through_norm)(d, NAME(load)(normed + u), of_all, of_sigma, valid, scale));
    }
}

NORMED_BACKWARD(rnn, 1, NAME(normed_back_tile), NAME(first_tile))
