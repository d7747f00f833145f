// Light or dark as the system says until the reader chooses; the choice is kept where pages may.
"use strict";

function startTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const stored = (read) => { try { return read(localStorage); } catch { return null; } };
  const chosen = stored((storage) => storage.getItem("afterimage-theme"));
  if (chosen) root.dataset.theme = chosen;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const announce = () => {
    byId("theme").textContent = dark() ? "Light" : "Dark";
    byId("theme").setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
    document.dispatchEvent(new Event("themechange"));
  };
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    stored((storage) => storage.setItem("afterimage-theme", root.dataset.theme));
    announce();
  });
  system.addEventListener("change", announce);
  announce();
}
