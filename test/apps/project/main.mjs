import { classify } from "./classify.mjs";

// No await at the top: a bundle may be CommonJS.
classify().then((found) => console.log(JSON.stringify(found)));
