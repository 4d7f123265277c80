// What outlives the page. The look goes into a cookie: unlike a page's storage, that of 127.0.0.1 holds for every port,
// and each run of the studio has another. What belongs to one photo stays in this tab, for a reload.

const COOKIE = "rebokeh-studio";
const A_YEAR_S = 365 * 24 * 3600;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // of another version, or cut short: as if it were not there
  }
}

export function recallLook() {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${COOKIE}=`));
  return (found && parsed(decodeURIComponent(found.slice(COOKIE.length + 1)))) || {};
}

export function rememberLook(look) {
  const value = encodeURIComponent(JSON.stringify(look));
  document.cookie = `${COOKIE}=${value}; Max-Age=${A_YEAR_S}; Path=/; SameSite=Strict`;
}

export function recallPhoto(id) {
  return parsed(sessionStorage.getItem(`photo ${id}`)) ?? {};
}

export function rememberPhoto(id, kept) {
  try {
    sessionStorage.setItem(`photo ${id}`, JSON.stringify(kept));
  } catch {
    sessionStorage.removeItem(`photo ${id}`); // the tab's room is full: a reload begins this photo anew
  }
}
