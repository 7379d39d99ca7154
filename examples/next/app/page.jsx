"use client";
import { zeroShotImageClassification } from "@sigil/runtime/pipelines";
import { useState } from "react";
import { SiglipShapes } from "../siglip/index.js";

const labels = ["a red circle", "a blue square"];
let opened;
/** In this page: the checkpoint lies in public/model. */
const here = async (picture) => {
  opened ??= zeroShotImageClassification(SiglipShapes, "/model", { worker: true });
  return (await opened)(picture, labels);
};
/** On the server. */
const there = async (picture) => {
  const response = await fetch("/api/classify", { method: "POST", body: picture });
  return response.json();
};

export default function Page() {
  const [answers, setAnswers] = useState({});
  const choose = async ({ target: { files } }) => {
    setAnswers({ here: await here(files[0]), there: await there(files[0]) });
  };
  return (
    <main>
      <input type="file" accept="image/*" onChange={choose} />
      {Object.entries(answers).map(([where, scores]) => (
        <p key={where} id={where}>
          {where}: {scores[0].label} {scores[0].score.toFixed(4)}
        </p>
      ))}
    </main>
  );
}
