// The library is CommonJS for Node: imported dynamically it would lose its names in the bundle, so what wants it lazily imports this file.
export { stringify } from "yaml";
