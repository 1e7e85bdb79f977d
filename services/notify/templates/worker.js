// Cầu Nối: shows what the city pushes to this browser, and opens the page that it names. It keeps nothing and asks nobody.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data ? event.data.json() : {};
  } catch {
    told = {};
  }
  const title = told.title || "Cầu Nối";
  const body = told.body || "Có tin mới · There is news";
  event.waitUntil(self.registration.showNotification(title, { body, tag: told.tag, data: { url: told.url || "/" } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  // Only pages of this site: a notification leads nowhere else.
  event.waitUntil(self.clients.openWindow(url.origin === self.location.origin ? url.href : "/"));
});
