import software.amazon.awssdk.services.sts.StsClient;

/** Prints who the SDK for Java is, by its default chain of credentials. */
public final class WhoAmI {
  public static void main(String[] words) {
    try (StsClient sts = StsClient.create()) {
      System.out.println(sts.getCallerIdentity().arn());
    }
  }
}
