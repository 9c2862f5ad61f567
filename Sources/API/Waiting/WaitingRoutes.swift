internal import Domain
internal import EventLoop
internal import HTTP

/// The page that a visitor waits on.
enum WaitingRoutes {
  static let page = RouteDescription(
    .get, "/waiting/{id}", id: "getWaitingPage",
    summary: "The visitor's page: place, progress, estimated wait; it goes on by itself.",
    tag: "Waiting room", access: .anyone,
    query: [
      .init("lang", "The language, instead of Accept-Language's.", .oneOf(["en", "ko"])),
      .init(
        "target",
        "A path of the same origin to go on to, instead of the room's own target. "
          + "Anything else is ignored.", .string),
    ],
    responses: [
      .init(200, "The page.", .plain(mediaType: "text/html", .string)),
      .init(404, "A page that says that there is no such room.", html),
    ])

  private static let html = RouteDescription.Response.Content.plain(
    mediaType: "text/html", .string)

  /// Answers requests for the page.
  ///
  /// - Parameter find: finds a room of a tenant; nil where there is none.
  static func handler(
    loop: EventLoop,
    find: @escaping (Identifier, TenantID) async throws(APIError) -> WaitingRoom?
  ) -> RouteHandler {
    .hot { request in
      guard let id = Identifier(text: request.exchange.parameter(0)) else {
        return request.respond(page: nil)
      }
      let tenant = request.tenant.id
      loop.spawn {
        do throws(APIError) {
          request.respond(page: try await find(id, tenant))
        } catch {
          request.refuse(error)
        }
      }
    }
  }
}

extension HotRequest {
  fileprivate func respond(page room: WaitingRoom?) {
    // What cannot be read is left out: a visitor is better served by a page than by a refusal.
    let query = QueryReader(exchange.query)
    let named = (try? query.text("lang")).flatMap { $0 }.flatMap(Language.init(rawValue:))
    let target = (try? query.text("target")).flatMap { $0 }.flatMap(WaitingTarget.init(path:))
    let language = named ?? language
    send(status: room == nil ? 404 : 200, contentType: "text/html; charset=utf-8") { output in
      output.append(WaitingPage.headers)
      Envelope.append("Content-Language", language.rawValue, to: output)
    } body: { output in
      WaitingPage.write(room, in: language, target: target, to: output)
    }
  }
}
