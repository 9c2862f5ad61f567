(() => {
  'use strict';
  const find = (id) => document.getElementById(id);
  const room = find('room').dataset;
  if (!room.id) return;
  const words = JSON.parse(find('words').textContent);
  const language = document.documentElement.lang;
  const tickets = `/v1/rooms/${room.id}/tickets`;
  const placeKey = `spillway.place.${room.id}`;
  const admissionKey = `spillway.admission.${room.id}`;

  // Every pace and bound, in milliseconds.
  const answerTimeout = 15000, firstRetry = 1000, longestRetry = 60000, longestAfter = 300000;
  const shortestPoll = 250, longestPoll = 120000, farewell = 1200;
  const announceEvery = 60000;

  // Storage may be full or forbidden: then the visitor's cookie keeps the place.
  const shelf = {
    read(key) {
      try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
    },
    write(key, value) {
      try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* see above */ }
    },
    clear(key) {
      try { localStorage.removeItem(key); } catch { /* see above */ }
    },
  };

  const whole = new Intl.NumberFormat(language);
  const share = new Intl.NumberFormat(language, { style: 'percent' });
  const amount = (number, unit) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(number);
  const clock = (date, style) =>
    new Intl.DateTimeFormat(language, { timeStyle: style }).format(date);
  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

  let held = shelf.read(placeKey);
  if (typeof held.ticket !== 'string') held = {};
  let turn = 0, timer = 0, failures = 0, view = '';
  let announced = { place: Infinity, at: 0 };

  // What is seen

  function show(next, values = {}) {
    view = next;
    const focused = document.activeElement;
    find('headline').textContent = words.views[next][0];
    find('lead').textContent = say(words.views[next][1], values);
    for (const element of document.querySelectorAll('[data-in]')) {
      element.hidden = !element.dataset.in.split(' ').includes(next);
    }
    // Whoever worked by keyboard does not lose the way when a button goes.
    if (focused && focused.closest('[hidden]')) find('headline').focus();
    document.title = next === 'waiting' && find('position').textContent !== '–'
      ? `${find('position').textContent} · ${room.name}`
      : `${words.views[next][0]} · ${room.name}`;
  }

  function announce(text) { find('announcer').textContent = text; }

  function announceView(values = {}) {
    announce(`${words.views[view][0]}. ${say(words.views[view][1], values)}`);
  }

  function waitText(seconds) {
    if (!Number.isFinite(seconds) || seconds < 0) return words.unknownWait;
    if (seconds < 60) return words.shortWait;
    const minutes = Math.ceil(seconds / 60);
    const time = minutes < 100 ? amount(minutes, 'minute') : amount(Math.round(minutes / 60), 'hour');
    return say(words.aboutWait, { time });
  }

  // Without a place lots decide, or are just being drawn.
  function showPlace(data) {
    const place = data.position;
    const isKnown = Number.isFinite(place);
    const wait = waitText(data.estimated_wait_seconds ?? NaN);
    if (isKnown) held.first = Math.max(held.first || 0, place);
    const done = isKnown ? (held.first - place) / held.first : 0;
    find('position').textContent = isKnown ? whole.format(place) : '–';
    find('ahead').textContent = isKnown ? whole.format(Math.max(place - 1, 0)) : '–';
    if (isKnown) find('progress').value = Math.round(done * 100);
    else find('progress').removeAttribute('value');
    find('progress-text').textContent = isKnown
      ? say(words.progress, { share: share.format(done) }) : words.byLot;
    find('wait').textContent = wait;
    find('number').textContent = data.number == null ? '–' : whole.format(data.number);
    find('updated').textContent = clock(new Date(), 'medium');
    const isNew = view !== 'waiting' || (isKnown && announced.place === Infinity);
    show('waiting');
    const now = Date.now();
    const isNews = isKnown && (place <= announced.place / 2
      || (place !== announced.place && now - announced.at >= announceEvery));
    if (!isNew && !isNews) return;
    const text = !isKnown ? words.unplaced : isNew ? words.placed : words.moved;
    announce(say(text, { place: find('position').textContent, wait }));
    announced = { place: isKnown ? place : Infinity, at: now };
  }

  function showOpening(data) {
    const opens = new Date(data.opens_at);
    const time = Number.isNaN(opens.getTime()) ? '…' : clock(opens, 'short');
    const next = room.drawn ? 'draw' : 'opening';
    const isNew = view !== next;
    show(next, { time });
    if (isNew) announceView({ time });
  }

  // What is asked

  async function ask(method, path = '') {
    const abort = new AbortController();
    const late = setTimeout(() => abort.abort(), answerTimeout);
    try {
      const response = await fetch(tickets + path, {
        method, cache: 'no-store', headers: { Accept: 'application/json' }, signal: abort.signal,
      });
      const body = response.status === 204 ? {} : await response.json();
      return {
        status: response.status, data: body.data || {},
        after: Number(response.headers.get('Retry-After')) || 0,
      };
    } finally {
      clearTimeout(late);
    }
  }

  const isPassing = (status) => status === 408 || status === 429 || status >= 500;

  async function step() {
    clearTimeout(timer);
    const mine = ++turn;
    const { ticket } = held;
    let answer;
    try {
      answer = ticket ? await ask('GET', `/${encodeURIComponent(ticket)}`) : await ask('POST');
    } catch {
      if (mine === turn) retry(0);
      return;
    }
    if (mine !== turn) return;
    if (isPassing(answer.status)) return retry(answer.after);
    recovered();
    if (answer.status === 200 || answer.status === 201) return accept(answer.data);
    forget();
    show(ticket ? 'lapsed' : 'closed');
    announceView();
  }

  function later(delay) {
    clearTimeout(timer);
    timer = setTimeout(step, delay);
  }

  function retry(after) {
    failures += 1;
    const least = Math.min(after * 1000, longestAfter);
    const most = Math.min(firstRetry * 2 ** failures, longestRetry);
    const delay = least + most * (0.5 + Math.random() / 2);
    const text = say(words.trouble, { time: amount(Math.ceil(delay / 1000), 'second') });
    find('trouble').textContent = text;
    find('trouble').hidden = false;
    if (failures === 1) announce(text);
    later(delay);
  }

  function recovered() {
    if (failures > 0) announce(words.recovered);
    failures = 0;
    find('trouble').hidden = true;
  }

  function accept(data) {
    if (typeof data.ticket === 'string') held.ticket = data.ticket;
    if (data.status === 'ADMITTED') return admitted(data);
    if (data.status !== 'WAITING') return retry(0);
    if (data.opens_at && !Number.isFinite(data.position)) showOpening(data); else showPlace(data);
    shelf.write(placeKey, held);
    const pace = Math.min(Math.max(Number(data.poll_after_ms) || 1000, shortestPoll), longestPoll);
    // A little later than asked, so that a crowd that came at once spreads.
    later(pace * (1 + Math.random() / 10));
  }

  function forget() {
    held = {};
    announced = { place: Infinity, at: 0 };
    shelf.clear(placeKey);
  }

  // Going on

  // The admission goes to pages of this origin by their own storage, and to another origin in the
  // fragment, which no server, log or referrer sees.
  function destination(token) {
    if (!room.target) return null;
    let url;
    try { url = new URL(room.target, location.href); } catch { return null; }
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
    if (room.target.startsWith('/') && url.origin !== location.origin) return null;
    if (url.origin !== location.origin && token) {
      url.hash = new URLSearchParams({ spillway_room: room.id, spillway_admission: token });
    }
    return url.href;
  }

  function admitted(data) {
    const { admission_token: token, admitted_until: until } = data;
    if (token) shelf.write(admissionKey, { token, until });
    shelf.write(placeKey, held);
    const end = new Date(until ?? NaN);
    const time = Number.isNaN(end.getTime()) ? '' : clock(end, 'short');
    const href = destination(token);
    show(href ? 'admitted' : 'free', { time });
    announceView({ time });
    if (!href) return;
    find('continue').href = href;
    setTimeout(() => location.replace(href), farewell);
  }

  // Leaving and coming back

  async function leave() {
    find('leaving').close();
    const { ticket } = held;
    if (!ticket) return;
    clearTimeout(timer);
    const mine = ++turn;
    let status = 0;
    try { ({ status } = await ask('DELETE', `/${encodeURIComponent(ticket)}`)); } catch { /* below */ }
    if (mine !== turn) return;
    if (status === 0 || isPassing(status)) return retry(0);
    recovered();
    forget();
    show('left');
    announceView();
  }

  function wake() {
    if (document.visibilityState === 'visible' && failures > 0) step();
  }

  find('leave').addEventListener('click', () => find('leaving').showModal());
  find('stay').addEventListener('click', () => find('leaving').close());
  find('go').addEventListener('click', leave);
  find('join').addEventListener('click', () => { forget(); show('joining'); step(); });
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  addEventListener('pageshow', (event) => { if (event.persisted) step(); });
  step();
})();
