import {
  zeroShotImageClassification,
  type ZeroShotPipeline,
  type PagePicture,
} from "@sigil/runtime/pipelines";
import { useEffect, useState } from "react";
import { SiglipShapes } from "../siglip/index.js";

type Classifier = ZeroShotPipeline<PagePicture>;

/** A classifier for as long as the component is there; StrictMode mounts it twice. */
export function useClassifier(address: string): Classifier | Error | undefined {
  const [classifier, setClassifier] = useState<Classifier | Error>();
  useEffect(() => {
    const leave = new AbortController();
    // A worker keeps the page responsive; the GPU is taken where there is one.
    const opened = zeroShotImageClassification(SiglipShapes, address, {
      worker: true,
      signal: leave.signal,
    });
    opened.then(
      // A classifier is a function, which would be called for the next state.
      (found) => setClassifier(() => found),
      (error: Error) => leave.signal.aborted || setClassifier(error),
    );
    return () => {
      leave.abort();
      opened.then(
        (model) => model.dispose(),
        () => {},
      );
      setClassifier(undefined);
    };
  }, [address]);
  return classifier;
}
