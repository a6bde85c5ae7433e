// Style sheets that a module imports are bundled beside it.
declare module "*.css";
