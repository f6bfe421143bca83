export * from './health.ts';
export { mango, type MangoParameters, type MangoPerpTerms, type MangoTokenTerms } from './model.ts';
