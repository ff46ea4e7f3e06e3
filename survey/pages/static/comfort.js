/* Buttons that only a script can offer: print this page, copy a link. Without it the browser's
   own menu prints, and the link is marked and copied by hand. */

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = field.value ?? field.textContent;
    field.select ? field.select() : getSelection().selectAllChildren(field);
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = button.dataset.copied;
    } catch {
      field.focus(); // it is marked: the keyboard copies it
    }
  });
}
