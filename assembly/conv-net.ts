// The kernels of convolutional networks, and of the tape: a matrix product is a convolution of one row of pixels by a kernel of
// one. Memory is laid out by the caller.

export { convolve, convolveGradient } from "./conv";
export { tanhRows } from "./elementary";
export { activate, activateGradient, activateSums, moments } from "./layers";
