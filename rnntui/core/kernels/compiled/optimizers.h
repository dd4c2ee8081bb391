/* The norm of a gradient, and the steps of optimizers. */

/* Σ x², in LANES partial sums. */
static double NAME(squares)(const float *x, int64_t count) {
    const int64_t whole = count - count % (4 * LANES);
    V sums[4] = {{0}};
    for (int64_t k = 0; k < whole; k += 4 * LANES)
        UNROLL for (int v = 0; v < 4; v++) {
            const V value = NAME(load)(x + k + v * LANES);
            sums[v] += value * value;
        }
    double sum = 0.0;
    for (int v = 0; v < 4; v++)
        for (int lane = 0; lane < LANES; lane++) sum += (double)sums[v][lane];
    for (int64_t k = whole; k < count; k++) sum += (double)x[k] * (double)x[k];
    return sum;
}

/* One step of RMSprop on gradients that are first multiplied by `scale`. */
static void NAME(rmsprop)(const Update *u, float *restrict theta, const float *restrict gradient,
                          float *restrict squares) {
    const float scale = u->scale, keep = u->keep_squares, take = u->take_squares, rate = u->rate, epsilon = u->epsilon;
    for (int64_t k = 0; k < u->count; k++) {
        const float g = gradient[k] * scale;
        squares[k] = keep * squares[k] + take * (g * g);
        theta[k] -= rate * (g / (sqrtf(squares[k]) + epsilon));
    }
}

/* One step of Adam, with decoupled weight decay where `shrink` is below 1. */
static void NAME(adam)(const Update *u, float *restrict theta, const float *restrict gradient, float *restrict mean,
                       float *restrict squares) {
    const float scale = u->scale, keep_mean = u->keep_mean, keep = u->keep_squares, rate = u->rate;
    const float take_mean = u->take_mean, take = u->take_squares, root = u->root, epsilon = u->epsilon;
    for (int64_t k = 0; k < u->count; k++) {
        const float g = gradient[k] * scale;
        mean[k] = keep_mean * mean[k] + take_mean * g;
        squares[k] = keep * squares[k] + take * (g * g);
        theta[k] = u->shrink * theta[k] - rate * (mean[k] / (sqrtf(squares[k]) * root + epsilon));
    }
}
