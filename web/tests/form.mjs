// A long form, in two versions.

const TEXTS = ["Name", "Street", "Town", "Country", "Telephone", "Destination", "Hotel", "Hosts", "Project", "Budget", "Diet", "Contact"];

const key = (label) => label.toLowerCase();
const text = (label, id = key(label)) => `<label>${label} <input name="${key(label)}" id="${id}"></label>`;

const SECRETS = `
  <label>Card number <input name="card" autocomplete="cc-number"></label>
  <label>Code <input name="code" autocomplete="one-time-code"></label>
  <label>PIN <input name="pin" type="password"></label>
  <div data-leftoff-private><label>Doctor <input name="doctor"></label></div>`;

const OTHERS = `
  <label>Department <select name="department"><option>Sales</option><option>Research</option><option>Service</option></select></label>
  <label>First day <input name="first" type="date"></label>
  <label><input name="visa" type="checkbox"> A visa is needed</label>
  <label><input name="meals" type="checkbox" value="noon"> At noon</label>
  <label><input name="meals" type="checkbox" value="evening"> In the evening</label>
  <label><input name="class" type="radio" value="train"> By train</label>
  <label><input name="class" type="radio" value="air"> By air</label>
  <label>Purpose <textarea name="purpose" rows="5"></textarea></label>
  <div contenteditable="true" data-leftoff="notes" aria-label="Notes"></div>
  <p data-leftoff="rules">The rules of travel</p>
  <label>Twin <input name="twin"></label><label>Twin <input name="twin"></label>`;

// Version 2: other ids, another order, "hotel" removed, "budget" became a number, "department" has other options, and a
// field named "currency" is new, on top. "telephone" begins with a value.
const two = () => {
  const texts = TEXTS.filter((label) => label !== "Hotel").reverse();
  const fields = texts.map((label) => (label === "Budget" ? '<label>Budget <input name="budget" type="number"></label>' : text(label, `f-${key(label)}`)));
  return text("Currency") + fields.join("").replace('name="telephone"', '$& value="+351"') + OTHERS.replace("<option>Research</option>", "");
};

// Version 3: "hotel" is now called "lodging", and a field for the name of a hotel chain took its old name.
const three = () => TEXTS.map((label) => (label === "Hotel" ? '<label>Hotel <input name="lodging"></label><label>Chain <input name="hotel"></label>' : text(label))).join("") + OTHERS;

const VERSIONS = { 1: () => TEXTS.map((label) => text(label)).join("") + OTHERS, 2: two, 3: three };

export const form = (version = "1") => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Travel request</title>
<style>body { margin: 2rem 8rem; font: 16px/1.5 sans-serif; } label { display: block; margin: .6rem 0; }</style>
<form name="request">${VERSIONS[version]()}${SECRETS}</form>
<script type="module">
  import { open } from "/pkg/leftoff.js";
  globalThis.began = performance.now();
  globalThis.session = await open("com.example.travel", { takeOver: location.search.includes("take")${version === "3" ? ', renamed: { hotel: "lodging" }' : ""} });
  session.bind(document.forms.request);
  globalThis.took = performance.now() - began;
</script>`;
