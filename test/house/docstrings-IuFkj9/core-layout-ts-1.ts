import { layout } from "/work/main/src/core/layout.ts";
const l = layout({ w: [2, 3], b: [3] }); // l.size === 9, l.slots[1].offset === 6