"""The likeliest mistakes in the exercises of lesson 06."""

import numpy as np


def _coupling(exp=np.exp, times_x2=True, scaled=True, log_det=lambda d: d[:, None], to_db=0, own=1, of_a=1, of_b=1,
              turned=True, log_det_to_x1=1, scaled_x2=True):
    """The solution of 06.1, with one thing changed."""
    def coupling_backward(x, ka, kb, dy, d_log_det):
        x1, x2 = np.split(x, 2, axis=1)
        dy1, dy2 = np.split(dy, 2, axis=1)
        e = exp(x1 @ ka)
        dx2 = dy2 * e
        da = (dx2 if scaled else dy2) * (x2 if times_x2 else 1) + log_det(d_log_det)
        db = dy2 + to_db * d_log_det[:, None]
        da_of_x1 = da if log_det_to_x1 else da - log_det(d_log_det)
        ways = (da_of_x1 @ ka.T, db @ kb.T) if turned else (da_of_x1 @ ka, db @ kb)
        dx1 = own * dy1 + of_a * ways[0] + of_b * ways[1]
        return np.concatenate([dx1, dx2 if scaled_x2 else dy2], axis=1), x1.T @ da, x1.T @ db
    return coupling_backward


def _density(sign=1, constant=lambda D: D, at_the_start=False, of_the_input=False, of_the_batch=False,
             each_of_x=False, reverse=False, one_square=False):
    """The solution of 06.2, with one thing changed."""
    def log_density_of_flow(x, layers):
        start, log_det = x, np.zeros(len(x))
        for layer in layers[::-1] if reverse else layers:
            y, own = layer(start if each_of_x else x)
            log_det = log_det + sign * (layer(start)[1] if at_the_start else own)
            x = y
        base = start if of_the_input else x
        log_det = log_det.sum() if of_the_batch else log_det
        squares = (base**2).sum(axis=None if one_square else 1)
        return -0.5 * squares - constant(x.shape[1]) / 2 * np.log(2 * np.pi) + log_det
    return log_density_of_flow


MISTAKES = {
    "06.1": [
        ("The log-determinant is the sum of a, so d_log_det is a part of the gradient of a; it is missing.",
         _coupling(log_det=lambda d: 0)),
        ("Each row has its own log-determinant; here every row gets the sum of d_log_det over all rows.",
         _coupling(log_det=np.sum)),
        ("The log-determinant does not depend on b, but here d_log_det is added to the gradient of b too.",
         _coupling(to_db=1)),
        ("The derivative of x2 e^a by a is x2 e^a; the factor x2 is missing.",
         _coupling(times_x2=False)),
        ("The derivative of x2 e^a by a is x2 e^a; the factor e^a is missing.",
         _coupling(scaled=False)),
        ("The forward pass multiplies x2 by e^a, so dx2 is dy2 times e^a; here it is divided by e^a.",
         _coupling(exp=lambda a: np.exp(-a))),
        ("The log-determinant depends on x1 through a, so d_log_det is a part of dx1 too, not only of dka.",
         _coupling(log_det_to_x1=0)),
        ("The forward pass multiplies x2 by e^a, so dx2 is dy2 times e^a; the factor e^a is missing.",
         _coupling(scaled_x2=False)),
        ("The first half of y is x1 itself, so dx1 also gets dy1; it is missing.",
         _coupling(own=0)),
        ("x1 also makes a, so dx1 gets what comes back through ka; it is missing.",
         _coupling(of_a=0)),
        ("x1 also makes b, so dx1 gets what comes back through kb; it is missing.",
         _coupling(of_b=0)),
        ("The backward of a product with ka multiplies by ka transposed; here ka and kb are not transposed.",
         _coupling(turned=False)),
    ],
    "06.2": [
        ("The log-determinants are added, not subtracted: these are those of the inverse.",
         _density(sign=-1)),
        ("The base density lacks its constant, D/2 log(2 pi) with D numbers in a row.",
         _density(constant=lambda D: 0)),
        ("Each of the D numbers of a row brings a factor 1 / sqrt(2 pi); here there is only one for the whole row.",
         _density(constant=lambda D: 1)),
        ("Each log-determinant belongs to the layer's own input; here all layers are given x.",
         _density(at_the_start=True)),
        ("The base density belongs to the noise f(x), the output of the last layer; here it is taken at x.",
         _density(of_the_input=True)),
        ("Each layer takes the value of the layer before it; here every layer takes x.",
         _density(each_of_x=True)),
        ("The first of the layers acts first; here the last one does.",
         _density(reverse=True)),
        ("Each row has its own squares; here they are summed over all rows.",
         _density(one_square=True)),
        ("Each row has its own log-determinant; here they are summed over all rows.",
         _density(of_the_batch=True)),
    ],
    "06.3": [
        ("The map to s (x + u) + c has a log-determinant, D log s; it is missing.",
         lambda log_p, dimensions, s: -log_p / (dimensions * np.log(2))),
        ("The log-determinant D log s is added to the log-density; here it is subtracted.",
         lambda log_p, dimensions, s: -(log_p - dimensions * np.log(s)) / (dimensions * np.log(2))),
        ("Each of the D numbers is scaled, so the log-determinant is D log s; here it is log s.",
         lambda log_p, dimensions, s: -(log_p + np.log(s)) / (dimensions * np.log(2))),
        ("These are nats; bits are nats divided by log 2.",
         lambda log_p, dimensions, s: -(log_p + dimensions * np.log(s)) / dimensions),
        ("These are bits of a whole image, not per dimension.",
         lambda log_p, dimensions, s: -(log_p + dimensions * np.log(s)) / np.log(2)),
        ("The constant is 8 bits only if s is 1/256; here it is 8 whatever s is.",
         lambda log_p, dimensions, s: 8 - log_p / (dimensions * np.log(2))),
        ("A small density means many bits, so bits are minus the log-density; the minus is missing.",
         lambda log_p, dimensions, s: (log_p + dimensions * np.log(s)) / (dimensions * np.log(2))),
    ],
}
