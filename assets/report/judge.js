// Asks one question after the other, and gives the answers as a file.
"use strict";

class Judge {
  constructor(data, sprites) {
    Object.assign(this, {data, sprites});
    this.answers = [];  // in the order of the questions
    for (const side of ["left", "right"]) {
      byId(side).addEventListener("click", () => this.choose(side));
    }
    byId("back").addEventListener("click", () => this.back());
    byId("stop").addEventListener("click", () => this.finish());
    byId("go-on").addEventListener("click", () => this.ask());
    byId("copy").addEventListener("click", (event) =>
      copyText(byId("answers").value, event.currentTarget));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.answers.length && !this.saved) event.preventDefault();
    });
    byId("save").addEventListener("click", () => { this.saved = true; });
  }

  begin(rater) {
    this.rater = rater;
    byId("start").hidden = true;
    this.ask();
  }

  ask() {
    const number = this.answers.length, {trials} = this.data;
    if (number === trials.length) {
      this.finish();
      return;
    }
    byId("end").hidden = true;
    byId("question").hidden = false;
    byId("progress").textContent = `Question ${number + 1} of ${trials.length}`;
    byId("back").disabled = number === 0;
    const trial = trials[number];
    this.paint(byId("seen"), trial.seen);
    this.paint(byId("left").querySelector("canvas"), trial.left);
    this.paint(byId("right").querySelector("canvas"), trial.right);
    this.asked = performance.now();
  }

  paint(canvas, cell) {
    canvas.width = this.sprites.width;
    canvas.height = this.sprites.height;
    this.sprites.draw(canvas.getContext("2d"), cell);
  }

  choose(choice) {
    const seconds = Math.round((performance.now() - this.asked) / 100) / 10;
    this.answers.push({trial: this.answers.length, choice, seconds});
    this.saved = false;
    this.ask();
  }

  back() {
    this.answers.pop();
    this.ask();
  }

  key(event) {
    if (byId("question").hidden || event.repeat) return;
    if (event.key === "ArrowLeft") this.choose("left");
    else if (event.key === "ArrowRight") this.choose("right");
    else return;
    event.preventDefault();
  }

  finish() {
    const all = this.data.trials.length, done = this.answers.length;
    const text = JSON.stringify({...this.data.answers, rater: this.rater, answers: this.answers});
    byId("question").hidden = true;
    byId("end").hidden = false;
    byId("progress").textContent = "";
    byId("said").textContent = `${done} of ${all} questions answered. Save the answers and give ` +
      "the file to whoever asked you.";
    byId("go-on").hidden = done === all;
    byId("answers").value = text;
    const name = (this.rater || "answers").replace(/[^\p{L}\p{N}_-]+/gu, "-");
    byId("save").href = `data:application/json,${encodeURIComponent(text)}`;
    byId("save").download = `${name}.json`;
  }
}

async function startJudging() {
  const data = JSON.parse(byId("data").textContent);
  byId("data").remove();
  startTheme();
  const sprites = new Sprites(data.sprites);
  await sprites.ready();
  const judge = new Judge(data, sprites);
  byId("rater-form").addEventListener("submit", (event) => {
    event.preventDefault();
    judge.begin(byId("rater").value.trim());
  });
  byId("foot").textContent =
    `Made by Afterimage ${data.version}. The page holds all it shows and asks nothing of the network.`;
  document.documentElement.dataset.ready = "true";
}

startJudging();
