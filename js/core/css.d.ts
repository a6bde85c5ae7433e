// Style sheets that a module imports are bundled into a file beside it.
declare module "*.css";
