extension Browser {
  /// The text of the first element that matches, as far as it is seen.
  public func text(_ selector: String) async throws -> String {
    try await run(
      """
      const found = document.querySelector(\(quoted(selector)));
      return found && found.getClientRects().length ? found.innerText : ''
      """
    )
  }

  /// Whether an element that matches is there and takes space on the screen.
  public func isVisible(_ selector: String) async throws -> Bool {
    try await run(
      """
      const found = document.querySelector(\(quoted(selector)));
      return Boolean(found && found.getClientRects().length)
      """)
  }

  public var url: String {
    get async throws { try await run("return location.href") }
  }

  /// Shows pages as on a screen of so many pixels.
  public func resize(width: Int, height: Int, scale: Double = 1) async throws {
    try await inspect(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": scale, "mobile": false])
  }

  /// Prefers what `prefers-…` media features name.
  public func prefer(_ features: [String: String]) async throws {
    try await inspect(
      "Emulation.setEmulatedMedia",
      ["features": features.map { ["name": $0.key, "value": $0.value] }])
  }

  /// Asks for pages in a language from now on, as `Accept-Language` has it.
  public func speak(_ languages: String) async throws {
    let agent: String = try await run("return navigator.userAgent")
    try await inspect(
      "Emulation.setUserAgentOverride", ["userAgent": agent, "acceptLanguage": languages])
  }

  /// Has every further page keep in `window.heard` what its live region says, and in
  /// `window.faults` its errors and what its content security policy stops.
  public func listen() async throws {
    try await inspect(
      "Page.addScriptToEvaluateOnNewDocument",
      [
        "source": """
        window.heard = [];
        window.faults = [];
        addEventListener('error', (event) => window.faults.push(event.message));
        addEventListener('unhandledrejection', (event) => window.faults.push(`${event.reason}`));
        addEventListener('securitypolicyviolation', (event) =>
          window.faults.push(`${event.violatedDirective} ${event.blockedURI}`));
        new MutationObserver((changes) => {
          for (const { target } of changes) {
            const region = (target.nodeType === 1 ? target : target.parentElement)
              ?.closest('[role=status]');
            if (region && region.textContent) window.heard.push(region.textContent);
          }
        }).observe(document, { subtree: true, childList: true, characterData: true });
        """
      ])
  }

  private func quoted(_ text: String) -> String {
    "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
  }
}
