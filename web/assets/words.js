/* What is said, and elements to say it in. Text goes in through textContent. */
export const $ = (id) => document.getElementById(id);
export const lang = document.documentElement.dataset.api; /* of the verdicts: zh or en */

const words = $('words');
/* The word for a key, # standing for n; the key itself where there is none. */
export const say = (key, n) =>
	(words.getAttribute('data-' + key) || key).replace('#', n);
export const has = (key) => words.hasAttribute('data-' + key);

export const make = (tag, text, cls) => {
	const e = document.createElement(tag);
	if (text !== undefined && text !== null)
		e.textContent = text;
	if (cls)
		e.className = cls;
	return e;
};

/* For workers: the only addresses of code there are, all ours. */
const policy = self.trustedTypes ? trustedTypes.createPolicy('tamga', {
	createScriptURL: (url) => url }) : { createScriptURL: (url) => url };
export const code = (url) => policy.createScriptURL(url);
