// The kernels of convolutional networks. Memory is laid out by the caller.

export { convolve, convolveGradient } from "./conv";
export { activate, activateGradient, activateSums, moments } from "./layers";
