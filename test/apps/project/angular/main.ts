import { Component, provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import "../page.js";

@Component({ selector: "app-root", template: "<h1>Angular</h1>" })
class App {}

await bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
