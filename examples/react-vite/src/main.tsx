import { StrictMode, useState, type ChangeEvent } from "react";
import { createRoot } from "react-dom/client";
import { useClassifier } from "./use-classifier.ts";

const labels = ["a red circle", "a blue square"];

function App() {
  const classifier = useClassifier("./model");
  const [scores, setScores] = useState<readonly { label: string; score: number }[]>([]);
  const [problem, setProblem] = useState<string>();
  if (classifier === undefined) return <p>Loading the model.</p>;
  if (classifier instanceof Error) return <p role="alert">{classifier.message}</p>;
  const choose = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    setProblem(undefined);
    const picture = target.files?.[0];
    if (!picture) return;
    try {
      setScores(await classifier(picture, labels));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <>
      <input type="file" accept="image/*" onChange={choose} />
      {problem && <p role="alert">{problem}</p>}
      <ol>
        {scores.map(({ label, score }) => (
          <li key={label}>
            {label}: {(100 * score).toFixed(1)} %
          </li>
        ))}
      </ol>
    </>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element "root"');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
