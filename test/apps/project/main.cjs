const { openCheckpoint } = require("@sigil/runtime/node");
const { SiglipShapes } = require("./generated/index.js");
const { classify } = require("./classify.mjs");

if (typeof openCheckpoint !== "function" || SiglipShapes.textLength !== 16) throw new Error();
classify().then((found) => console.log(JSON.stringify(found)));
