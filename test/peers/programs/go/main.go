// Prints who the SDK for Go is, by its default chain of credentials.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		var identity *sts.GetCallerIdentityOutput
		if identity, err = sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
			fmt.Println(*identity.Arn)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
