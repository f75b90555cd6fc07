// Controlled fields of React: nothing but `bind`.
import { StrictMode, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { open } from "/pkg/leftoff.js";

function Request() {
  const [form, setForm] = useState({ name: "", department: "Sales", visa: false, way: "", purpose: "" });
  const change = ({ target }) => setForm((form) => ({ ...form, [target.name]: target.type === "checkbox" ? target.checked : target.value }));
  const root = useRef(null);
  useEffect(() => {
    let isGone = false; // StrictMode mounts a component twice
    const opened = open("com.example.react");
    opened.then((session) => isGone || (globalThis.session = session.bind(root.current)));
    return () => {
      isGone = true;
      opened.then((session) => session.close());
    };
  }, []);
  return (
    <form ref={root} name="request">
      <label>Name <input name="name" value={form.name} onChange={change} /></label>
      <label>Department <select name="department" value={form.department} onChange={change}><option>Sales</option><option>Service</option></select></label>
      <label><input name="visa" type="checkbox" checked={form.visa} onChange={change} /> A visa is needed</label>
      <label><input name="way" type="radio" value="train" checked={form.way === "train"} onChange={change} /> By train</label>
      <label><input name="way" type="radio" value="air" checked={form.way === "air"} onChange={change} /> By air</label>
      <label>Purpose <textarea name="purpose" value={form.purpose} onChange={change} /></label>
      <output>{JSON.stringify(form)}</output>
    </form>
  );
}

createRoot(document.querySelector("#app")).render(<StrictMode><Request /></StrictMode>);
