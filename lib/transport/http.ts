/** A target as browsers send it behind any method; HTTP/2 begins with `PRI * HTTP/2.0`. */
const WITH_TARGET = /^[!#-'*+\-.0-9A-Z^-z|~]{1,64} (?:\/|\*|https?:\/\/)\S* HTTP\/\d/
const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH|CONNECT) +(?:[/*]|https?:|\S+ +HTTP\/)/i

/**
 * Whether a client's line is the first of an HTTP request (RFC 9112 3). A page can send its visitor's browser here, with lines of
 * the page's choice further on, and what we answer would look like its server's: so no line behind this one is read.
 * @param latin1 the line, or its beginning
 */
export const isHttpRequest = (latin1: string): boolean => METHOD.test(latin1) || WITH_TARGET.test(latin1)
