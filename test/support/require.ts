const required = new Set((process.env.REQUIRE ?? "").split(","));

/**
 * Whether `REQUIRE` names what a test needs: a long run, or a program that must be there rather
 * than let the test skip.
 */
export const requires = (name: string): boolean => required.has(name);
