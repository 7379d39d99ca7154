import webpack from "webpack";

const compiler = webpack({
  mode: "production",
  context: import.meta.dirname,
  entry: "./page.ts",
  output: { path: `${import.meta.dirname}/webpack-out`, filename: "page.js" },
  module: { rules: [{ test: /\.ts$/, loader: "ts-loader" }] },
});
compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString());
    process.exitCode = 1;
  }
});
