/**
 * Cuts a piece of text into the words the model sees; `first` says that it begins the whole text.
 */
export type PreTokenizer = (text: string, first: boolean) => string[];
