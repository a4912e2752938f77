import { createRouter, createWebHistory } from 'vue-router';
import { pageAddresses } from '../lib/page/addresses.ts';
import { pageRoot } from './page-root.ts';

/** The page's router. The server answers each address of lib/page/addresses.ts with index.html. */
export const router = createRouter({
  history: createWebHistory(pageRoot),
  routes: [
    { path: pageAddresses.home, name: 'home', component: () => import('./pages/home-page.vue') },
    { path: '/:path(.*)*', name: 'not-found', component: () => import('./pages/not-found-page.vue') },
  ],
});
