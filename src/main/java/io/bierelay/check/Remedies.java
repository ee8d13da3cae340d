package io.bierelay.check;

/**
 * What a person changes so that one server is reached: the settings' names, which differ from
 * server to server.
 *
 * @param address the settings that say where the server is
 * @param useTls what to do where the port turns out to speak TLS
 * @param usePlaintext what to do where the port turns out not to speak TLS
 * @param trust the setting that says whom to trust
 * @param keys the setting that gives the client's certificate
 */
public record Remedies(
    String address, String useTls, String usePlaintext, String trust, String keys) {}
