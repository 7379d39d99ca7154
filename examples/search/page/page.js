// Searches as one types; the newest question's answer is shown, whichever comes first.
const element = (id) => document.getElementById(id);
const [text, file, results, viewer] = ["text", "file", "results", "viewer"].map(element);
let newest = 0;
let shown;

function say(message, isError = false) {
  element("status").textContent = message;
  element("status").toggleAttribute("data-error", isError);
}

async function ask(question, url, options) {
  const own = ++newest;
  say(`Searching for ${question}`);
  try {
    const response = await fetch(url, options);
    const answer = await response.json();
    if (own !== newest) return;
    if (!response.ok) throw new Error(answer.error);
    show(answer);
    say(answer.length === 0 ? "No pictures" : `${answer.length} pictures nearest to ${question}`);
  } catch (error) {
    if (own === newest) say(error.message, true);
  }
}

function show(pictures) {
  results.replaceChildren(
    ...pictures.map((picture) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "picture";
      const image = new Image();
      image.loading = "lazy";
      image.alt = picture.path;
      image.src = `/api/thumbnail/${picture.id}`;
      const caption = document.createElement("span");
      const [name, similarity] = [0, 1].map(() => document.createElement("span"));
      name.textContent = picture.path;
      similarity.textContent = picture.similarity.toFixed(2);
      similarity.title = "cosine";
      caption.append(name, similarity);
      button.append(image, caption);
      button.addEventListener("click", () => open(picture));
      return button;
    }),
  );
}

function open(picture) {
  shown = picture;
  element("large").src = `/api/picture/${picture.id}`;
  element("large").alt = picture.path;
  element("path").textContent = picture.path;
  viewer.showModal();
}

function searchText() {
  const words = text.value.trim();
  if (words !== "") ask(`“${words}”`, `/api/search?text=${encodeURIComponent(words)}`);
}

function searchPicture(picture) {
  text.value = "";
  const body = new FormData();
  body.append("picture", picture);
  ask(picture.name, "/api/search", { method: "POST", body });
}

let pause;
text.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(searchText, 250);
});
element("search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  searchText();
});
file.addEventListener("change", () => {
  if (file.files[0]) searchPicture(file.files[0]);
  file.value = "";
});
element("choose").addEventListener("click", () => file.click());
element("close").addEventListener("click", () => viewer.close());
element("similar").addEventListener("click", () => {
  viewer.close();
  text.value = "";
  ask(shown.path, `/api/similar/${shown.id}`);
});

let depth = 0;
addEventListener("dragenter", () => document.body.classList.toggle("dropping", ++depth > 0));
addEventListener("dragleave", () => document.body.classList.toggle("dropping", --depth > 0));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  document.body.classList.remove("dropping");
  const [picture] = event.dataTransfer.files;
  if (picture) searchPicture(picture);
});

const { count } = await (await fetch("/api/pictures")).json();
say(`${count} pictures`);
