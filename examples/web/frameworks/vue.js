// Fields of Vue with v-model: nothing but `bind`.
import { createApp } from "vue/dist/vue.esm-bundler.js";

createApp({
  data: () => ({ form: { name: "", department: "Sales", visa: false, way: "", purpose: "" } }),
  async mounted() {
    const { open } = await import("/pkg/leftoff.js");
    globalThis.session = (await open("com.example.vue")).bind(document.forms.request);
  },
  template: `
    <form name="request">
      <label>Name <input name="name" v-model="form.name"></label>
      <label>Department <select name="department" v-model="form.department"><option>Sales</option><option>Service</option></select></label>
      <label><input name="visa" type="checkbox" v-model="form.visa"> A visa is needed</label>
      <label><input name="way" type="radio" value="train" v-model="form.way"> By train</label>
      <label><input name="way" type="radio" value="air" v-model="form.way"> By air</label>
      <label>Purpose <textarea name="purpose" v-model.lazy="form.purpose"></textarea></label>
      <output>{{ JSON.stringify(form) }}</output>
    </form>`,
}).mount("#app");
