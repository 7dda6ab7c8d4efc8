/* What people are used to: files that are files, tooltips that go on Escape, lists that the keyboard reaches by their names. */

const root = document.documentElement;

/* A file is asked for only while there is a session: else a page to sign in at would be saved under its name. */
document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[href*="/export/"]');
  if (!link) return;
  event.preventDefault();
  const { status } = await window.perfwidget_requests.session().catch(() => ({}));
  if (status === 204) Object.assign(document.createElement('a'), { href: link.href, download: '' }).click();
  else document.getElementById('refresh').click();  // which is told the same, and says it
}, true);

/* Escape puts a tooltip away until the pointer or the focus moves on. */
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') root.dataset.tips = 'off'; });
['pointerover', 'focusin'].forEach((kind) => document.addEventListener(kind, (event) => {
  if (root.dataset.tips && !event.target.closest('.tip')) delete root.dataset.tips;
}));

/* Dash names its lists by their value alone, and leads the keyboard to them by a field that readers do not see: add the
   label, and lead to the button itself. They come late, with a script of their own. */
new MutationObserver(() => document.querySelectorAll('button.dash-dropdown[tabindex="-1"]').forEach((made) => {
  made.tabIndex = 0;
  made.setAttribute('aria-labelledby', `${made.id}-label ${made.getAttribute('aria-labelledby')}`);
})).observe(document.body, { childList: true, subtree: true });
