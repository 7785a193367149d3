// @ts-check

/** The colours that a person chose on this machine; those of the system when none. */
export const chosenTheme = () => localStorage.getItem('theme') ?? ''

export function applyTheme() {
  const theme = chosenTheme()
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
}

/** @param {string} theme `light`, `dark` or nothing */
export function chooseTheme(theme) {
  if (theme) localStorage.setItem('theme', theme)
  else localStorage.removeItem('theme')
  applyTheme()
}
