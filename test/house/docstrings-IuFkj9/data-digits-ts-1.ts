import { makeDigits } from "/work/main/src/data/digits.ts";
const digits = makeDigits(10_000, 1);