// What the platform's pages do beyond links and forms.

// On sign-in: an account in the list signs in as itself.
for (const button of document.querySelectorAll("[data-account]")) {
  button.addEventListener("click", () => {
    const form = document.querySelector(".sign-in");
    form.elements.email.value = button.dataset.account;
    form.elements.password.value = button.dataset.password;
    form.requestSubmit();
  });
}

// An overflow menu closes when one clicks elsewhere or presses Escape.
const openMenus = () => document.querySelectorAll(".menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// On a narrow screen the navigation begins folded.
const narrow = window.matchMedia("(max-width: 860px)");
const fold = () => {
  const navigation = document.querySelector(".navigation");
  if (navigation) navigation.open = !narrow.matches;
};
narrow.addEventListener("change", fold);
fold();
