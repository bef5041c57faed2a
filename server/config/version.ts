/** The version of this product: one for all four packages. */
export const version = "0.1.0";
