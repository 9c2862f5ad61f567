/// What answers the requests of a route. It is made once for each loop and stays on it.
public enum RouteHandler {
  /// An asynchronous function of the prepared request.
  case ordinary((RequestContext) async throws(APIError) -> APIResponse)
  /// Called with the checked request; it answers now or later, without text and without tasks. It
  /// reads the body itself where the route needs one.
  case hot((HotRequest) -> Void)
  /// The server itself.
  case operation(Operation)

  /// What every server can answer by itself.
  public enum Operation: Sendable {
    /// The process lives.
    case health
    /// Whether the dependencies are there.
    case readiness
    case metrics
    /// The OpenAPI document of the table.
    case document
  }
}
